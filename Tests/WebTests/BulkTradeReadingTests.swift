import Desk
import DeskTesting
import HTTPClient
import JSON
import Testing
import Trading

@Suite("Following bulk trades", .timeLimit(.minutes(5)))
struct BulkTradeReadingTests {
    @Test("The status has counts from the rows; an unchanged one costs a 304")
    func status() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(3)
            let path = "/api/v1/bulk-trades/\(task)"
            let first = try await world.ask("GET", path, as: world.trader)
            #expect(first.status == 200)
            #expect(first.json["state"]?.string == "RUNNING")
            #expect(first.json["counts"]?["total"]?.int64 == 3)
            #expect(first.json["counts"]?["pending"]?.int64 == 3)
            let tag = try #require(first.header("etag"))
            let header = [(name: "If-None-Match", value: tag)]
            let same = try await world.ask("GET", path, as: world.trader, headers: header)
            #expect(same.status == 304)
            #expect(same.header("etag") == tag)
            #expect(same.response.body.isEmpty)
            try await world.finish(jobs)
            var changed = same
            try await until {
                changed = try await world.ask("GET", path, as: world.trader, headers: header)
                return changed.status == 200
            }
            #expect(changed.header("etag") != tag)
            #expect(changed.json["state"]?.string == "COMPLETE")
            #expect(changed.json["counts"]?["success"]?.int64 == 3)
            #expect(changed.json["completed_at"]?.string != nil)
        }
    }

    @Test("Another trader's task is not there; an admin sees it")
    func ownership() async throws {
        try await WebWorld.serving { world in
            let (task, _) = try await world.plannedTrade(1)
            for rest in ["", "/results", "/events"] {
                let path = "/api/v1/bulk-trades/\(task)" + rest
                try await world.ask("GET", path, as: world.other).expectProblem(404, "not_found")
                try await world.ask("GET", path).expectProblem(401, "not_logged_in")
            }
            let seen = try await world.ask("GET", "/api/v1/bulk-trades/\(task)", as: world.admin)
            #expect(seen.status == 200)
            for odd in ["0", "-1", "abc", "99999999999999999999", "1%00", "987654"] {
                let answer = try await world.ask(
                    "GET",
                    "/api/v1/bulk-trades/" + odd,
                    as: world.trader
                )
                #expect(answer.status == (odd == "1%00" ? 400 : 404))
                #expect(answer.header("content-type") == "application/problem+json")
            }
            let list = try await world.ask("GET", "/api/v1/bulk-trades", as: world.other)
            #expect(list.json["bulk_trades"]?.array?.isEmpty == true)
        }
    }

    @Test("Results come in pages without a gap or a repetition")
    func paging() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(25)
            let path = "/api/v1/bulk-trades/\(task)/results"
            var seen: [Int64] = []
            var next: Int64?
            var pages = 0
            repeat {
                let cursor = next.map { "&after=\($0)" } ?? ""
                let page = try await world.ask("GET", path + "?limit=10" + cursor, as: world.trader)
                #expect(page.status == 200)
                seen += page.json["results"]?.array?.compactMap { $0["order_id"]?.int64 } ?? []
                next = page.json["next"]?.int64
                pages += 1
            } while next != nil && pages < 10
            #expect(pages == 3)
            #expect(seen == jobs.map(\.intent.raw))
        }
    }

    @Test("Results are filtered by outcome, state and client; what cannot be asked is refused")
    func filters() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(3)
            try await world.finish([jobs[0]])
            try await world.finish([jobs[1]], .refused(.brokerRefused, words: "RMS"))
            let path = "/api/v1/bulk-trades/\(task)/results"
            let expected: [(query: String, orders: [OrderJob])] = [
                ("", jobs), ("?status=success", [jobs[0]]), ("?status=failed", [jobs[1]]),
                ("?status=success,failed", [jobs[0], jobs[1]]), ("?status=pending", [jobs[2]]),
                ("?state=REJECTED", [jobs[1]]), ("?state=ready", [jobs[2]]),
                ("?status=skipped", []),
            ]
            for (query, orders) in expected {
                let answer = try await world.ask("GET", path + query, as: world.trader)
                let ids = answer.json["results"]?.array?.compactMap { $0["order_id"]?.int64 }
                #expect(ids == orders.map(\.intent.raw), "\(query)")
            }
            let failed = try await world.ask("GET", path + "?status=failed", as: world.trader)
            let row = try #require(failed.json["results"]?[0])
            #expect(row["reason_code"]?.string == "broker_refused")
            #expect(row["broker_message"]?.string == "RMS")
            #expect(row["held_amount"]?.string == "0.00")
            let client = try #require(row["client_id"]?.int64)
            let one = try await world.ask("GET", path + "?client_id=\(client)", as: world.trader)
            #expect(one.json["results"]?.array?.count == 1)
            let refused = [
                ("?after=abc", "after"), ("?after=-1", "after"),
                ("?after=99999999999999999999", "after"), ("?limit=0", "limit"),
                ("?limit=5001", "limit"), ("?limit=1e3", "limit"), ("?status=done", "status"),
                ("?state=DONE", "state"), ("?client_id=x", "client_id"),
            ]
            for (query, field) in refused {
                try await world.ask("GET", path + query, as: world.trader)
                    .expectProblem(422, "invalid_fields", field: field)
            }
        }
    }

    @Test("Trades are listed newest first, in pages")
    func listing() async throws {
        try await WebWorld.serving { world in
            var made: [Int64] = []
            for _ in 0..<5 {
                let answer = try await world.ask(
                    "POST",
                    "/api/v1/bulk-trades",
                    as: world.trader,
                    WebWorld.buy
                )
                made.append(try #require(answer.json["task_id"]?.int64))
            }
            let first = try await world.ask("GET", "/api/v1/bulk-trades?limit=3", as: world.trader)
            let next = try #require(first.json["next"]?.int64)
            let second = try await world.ask(
                "GET",
                "/api/v1/bulk-trades?limit=3&before=\(next)",
                as: world.trader
            )
            let ids = [first, second].flatMap { page in
                page.json["bulk_trades"]?.array?.compactMap { $0["task_id"]?.int64 } ?? []
            }
            #expect(ids == made.reversed())
            #expect(second.json["next"]?.isNull == true)
        }
    }

    @Test("Events begin with the status and end with the completion where asked for")
    func events() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(2)
            let received = Recorder<String>()
            let request = HTTPRequest(
                method: "GET",
                url: world.url("/api/v1/bulk-trades/\(task)/events?until=complete"),
                headers: [("Authorization", "Bearer " + world.token(world.trader))],
                timeout: .seconds(120)
            )
            let reading = Task {
                for try await piece in world.client.stream(request) {
                    received.note(String(decoding: piece, as: UTF8.self))
                }
            }
            // The first comes at once: no clock is moved for it.
            try await until { received.all.joined().contains("\n\n") }
            let first = received.all.joined()
            #expect(first.hasPrefix("event: status\n"))
            #expect(first.contains(#""state":"RUNNING""#))
            try await world.finish(jobs)
            try await until {
                world.clock.advance(by: .milliseconds(500))
                return received.all.joined().contains("event: complete\n")
            }
            try await reading.value
            let all = received.all.joined()
            #expect(all.components("event: complete\n") == 2)
            let last = try #require(all.split(separator: "\n").last { $0.hasPrefix("data: ") })
            let status = try JSONValue(parsing: String(last.dropFirst(6)))
            #expect(status["state"]?.string == "COMPLETE")
            #expect(status["counts"]?["success"]?.int64 == 2)
        }
    }
}

extension String {
    /// How many parts a separator makes of this.
    fileprivate func components(_ separator: String) -> Int {
        split(separator: separator, omittingEmptySubsequences: false).count
    }
}
