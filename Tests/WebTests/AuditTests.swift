import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("The audit log over HTTP", .timeLimit(.minutes(5)))
struct AuditTests {
    /// Rows 1 to 6: of the trader, of the other trader, and of nobody, a minute apart.
    private func fill(_ world: WebWorld) throws {
        let other = try #require(world.other.trader)
        world.audit.tamper { tables in
            for number in 1...6 {
                let owner = [nil, world.traderID, other][number % 3]
                tables.rows.append(
                    .sample(
                        Int64(number),
                        at: world.clock.now().advanced(by: .seconds(60 * number - 600)),
                        action: number < 4 ? "HALT_ON" : "HALT_OFF",
                        user: number == 4 ? world.trader.user : nil,
                        trader: owner,
                        client: owner == nil ? nil : ClientID(Int64(number)),
                        detail: number == 5 ? nil : #"{"line": "a, \"b\"", "percent": 2.50}"#
                    )
                )
            }
        }
    }

    private func ids(_ answer: WebAnswer) -> [Int64] {
        answer.json["entries"]?.array?.compactMap { $0["id"]?.int64 } ?? []
    }

    @Test("An admin sees all rows, a trader the own ones, a client none")
    func roles() async throws {
        try await WebWorld.serving { world in
            try fill(world)
            let client = world.clientUser(world.store.addClient("C", of: world.traderID))
            for path in ["/api/v1/audit", "/api/v1/audit.csv"] {
                try await world.ask("GET", path).expectProblem(401, "not_logged_in")
                try await world.ask("GET", path, as: client).expectProblem(403, "not_allowed")
                let foreign = path + "?trader_id=\(try #require(world.other.trader))"
                try await world.ask("GET", foreign, as: world.trader)
                    .expectProblem(422, "invalid_fields", field: "trader_id")
            }
            let all = try await world.ask("GET", "/api/v1/audit", as: world.admin)
            #expect(ids(all) == [6, 5, 4, 3, 2, 1])
            let own = try await world.ask("GET", "/api/v1/audit", as: world.trader)
            #expect(ids(own) == [4, 1])
            let theirs = try await world.ask("GET", "/api/v1/audit?client_id=2", as: world.trader)
            #expect(ids(theirs).isEmpty)
            let file = try await world.ask("GET", "/api/v1/audit.csv", as: world.trader)
            #expect(file.text.split(separator: "\r\n").count == 3)
        }
    }

    @Test("Filters, days and pages")
    func filters() async throws {
        try await WebWorld.serving { world in
            try fill(world)
            let trader = "trader_id=\(world.traderID)"
            let cases: [(String, [Int64])] = [
                ("action=halt_on", [3, 2, 1]), ("client_id=5", [5]), (trader, [4, 1]),
                ("user_id=\(world.trader.user)", [4]), ("action=HALT_OFF&\(trader)", [4]),
                ("from=2026-11-23T09:53:00%2B05:30&to=2026-11-23T09:55:00+05:30", [4, 3]),
                ("from=2026-11-23&to=2026-11-23", [6, 5, 4, 3, 2, 1]), ("to=2026-11-22", []),
            ]
            for (query, expected) in cases {
                let answer = try await world.ask("GET", "/api/v1/audit?" + query, as: world.admin)
                #expect(ids(answer) == expected, "\(query): \(answer.text)")
            }
            let first = try await world.ask("GET", "/api/v1/audit?limit=4", as: world.admin)
            let next = try #require(first.json["next"]?.string)
            let rest = try await world.ask(
                "GET",
                "/api/v1/audit?limit=4&cursor=\(next)",
                as: world.admin
            )
            #expect(ids(first) + ids(rest) == [6, 5, 4, 3, 2, 1])
            #expect(rest.json["next"]?.isNull == true)
        }
    }

    @Test("Every field is there")
    func fields() async throws {
        try await WebWorld.serving { world in
            try fill(world)
            let answer = try await world.ask("GET", "/api/v1/audit?client_id=4", as: world.admin)
            let row = try #require(answer.json["entries"]?.array?.first)
            #expect(row["at"]?.string == "2026-11-23T09:54:00.000000+05:30")
            #expect(row["user_id"]?.int64 == world.trader.user.raw)
            #expect(row["address"]?.string == "192.0.2.7")
            #expect(row["trader_id"]?.int64 == world.traderID.raw)
            #expect(row["detail"]?["line"]?.string == #"a, "b""#)
            #expect(row["detail"]?["percent"]?.number?.text == "2.50")
            for name in ["task_id", "order_id", "state"] { #expect(row[name]?.isNull == true) }
        }
    }

    @Test("What makes no sense is refused, and the field named")
    func refusals() async throws {
        try await WebWorld.serving { world in
            for (query, field) in [
                ("from=yesterday", "from"), ("to=2026-13-01", "to"), ("from=2026-12-24", "from"),
                ("action=a%20b", "action"), ("action=", "action"), ("client_id=x", "client_id"),
                ("trader_id=0", "trader_id"), ("user_id=-1", "user_id"), ("cursor=5", "cursor"),
                ("cursor=9223372036854775807-1", "cursor"), ("cursor=1-2-3", "cursor"),
            ] {
                for path in ["/api/v1/audit?", "/api/v1/audit.csv?"] {
                    try await world.ask("GET", path + query, as: world.admin)
                        .expectProblem(422, "invalid_fields", field: field)
                }
            }
            try await world.ask("GET", "/api/v1/audit?limit=1001", as: world.admin)
                .expectProblem(422, "invalid_fields", field: "limit")
        }
    }

    @Test("The file has all rows, however many pages they are, and quotes what needs it")
    func file() async throws {
        try await WebWorld.serving { world in
            world.audit.add(2_500, from: world.clock.now().advanced(by: .seconds(-9_000)))
            let answer = try await world.ask("GET", "/api/v1/audit.csv", as: world.admin)
            #expect(answer.status == 200)
            #expect(answer.header("content-type") == "text/csv; charset=utf-8")
            let lines = answer.text.split(separator: "\r\n")
            #expect(
                lines.first
                    == "id,at,user_id,address,action,trader_id,client_id,task_id,order_id,state,detail"
            )
            let numbers = lines.dropFirst().compactMap { $0.split(separator: ",").first }
            #expect(numbers.map(String.init) == (1...2_500).reversed().map { "\($0)" })
            #expect(
                lines.last
                    == #"1,2026-11-23T07:30:00.000000+05:30,,,ACTION,,,,,,"{""line"": ""₹1,250""}""#
            )
        }
    }
}
