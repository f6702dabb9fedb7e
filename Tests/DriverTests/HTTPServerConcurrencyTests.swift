import HTTPServer
import Synchronization
import Testing

@Suite("HTTP server: many requests at once, and stopping", .timeLimit(.minutes(20)))
struct HTTPServerConcurrencyTests {
    private static func echo(startsAtOnce: Bool) -> HTTPRoute {
        HTTPRoute("POST", "/echo/{n}", startsAtOnce: startsAtOnce) { request in
            // Some answer where they began, some elsewhere, some at that very moment.
            if request.body.last == UInt8(ascii: "3") { await Task.yield() }
            if request.body.last == UInt8(ascii: "7") {
                try? await Task.sleep(for: .microseconds(50))
            }
            return HTTPServerResponse(status: 200, body: .bytes(request.body))
        }
    }

    private static func post(_ number: Int) -> String {
        let body = "body \(number)"
        return
            "POST /echo/\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            + body
    }

    @Test(
        "Fifty connections with a thousand requests each get each answer in order",
        arguments: [1, 50],
        [false, true]
    )
    func keepAlive(atOnce: Int, startsAtOnce: Bool) async throws {
        try await serving([Self.echo(startsAtOnce: startsAtOnce)]) { server in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for connection in 0..<50 {
                    group.addTask {
                        let peer = try RawPeer(port: server.port)
                        var correct = 0
                        for start in stride(
                            from: connection * 1000,
                            to: connection * 1000 + 1000,
                            by: atOnce
                        ) {
                            let numbers = start..<(start + atOnce)
                            try await peer.send(numbers.map(Self.post).joined())
                            for number in numbers {
                                let answer = try await peer.readResponse()
                                if answer.text == "body \(number)" { correct += 1 }
                            }
                        }
                        await peer.close()
                        return correct
                    }
                }
                let correct = try await group.reduce(0, +)
                #expect(correct == 50_000)
            }
        }
    }

    @Test("A handler that waits does not hold up others")
    func slowHandler() async throws {
        let (signals, release) = AsyncStream<Void>.makeStream()
        let routes = [
            HTTPRoute("GET", "/slow") { _ in
                for await _ in signals { break }
                return .text("slow")
            },
            HTTPRoute("GET", "/fast") { _ in .text("fast") },
        ]
        try await serving(routes) { server in
            let peers = try (0..<20).map { _ in try RawPeer(port: server.port) }
            for peer in peers { try await peer.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") }
            for _ in 0..<100 {
                let answer = try await ask(server, "GET /fast HTTP/1.1")
                #expect(answer.text == "fast")
            }
            release.finish()
            for peer in peers {
                #expect(try await peer.readResponse().text == "slow")
                await peer.close()
            }
        }
    }

    @Test(
        "Ten thousand requests, many given up at random, leave nothing behind",
        arguments: [false, true]
    )
    func aborts(startsAtOnce: Bool) async throws {
        let routes = [
            HTTPRoute("POST", "/echo/{n}", startsAtOnce: startsAtOnce) { request in
                if request.body.count % 3 == 0 { await Task.yield() }
                return HTTPServerResponse(status: 200, body: .bytes(request.body))
            },
            HTTPRoute("GET", "/stream", startsAtOnce: startsAtOnce) { _ in
                HTTPServerResponse(
                    status: 200,
                    body: .stream { writer in
                        for _ in 0..<50 {
                            try await writer.write([UInt8](repeating: 1, count: 5000))
                        }
                    }
                )
            },
        ]
        try await serving(routes) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<20 {
                    group.addTask { try await Self.misbehave(toward: server, seed: UInt64(worker)) }
                }
                try await group.waitForAll()
            }
            let answer = try await ask(
                server,
                "POST /echo/1 HTTP/1.1",
                ["Content-Length: 2"],
                body: "ok"
            )
            #expect(answer.text == "ok")
        }
    }

    /// libmicrohttpd takes 128 events at a time; left to itself it sleeps on those of a full batch
    /// after which nothing more has come.
    @Test("A crowd as large as the library's batch of events, asking at once, waits for nothing")
    func fullBatches() async throws {
        try await serving([HTTPRoute("GET", "/") { _ in .text("here") }]) { server in
            let crowd = try Crowd(128, port: server.port)
            let answered = await crowd.askAtOnce(rounds: 300)
            #expect(answered == 300 * 128)
            await crowd.close()
        }
    }

    /// Five hundred requests, of which some are broken off in the head, in the body, before or
    /// while the answer comes.
    private static func misbehave(toward server: HTTPServer, seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        for number in 0..<500 {
            let peer = try RawPeer(port: server.port)
            let whole =
                random.next() % 4 == 0
                ? "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"
                : post(number)
            switch random.next() % 5 {
            case 0:
                try await peer.send(String(whole.prefix(Int(random.next() % UInt64(whole.count)))))
            case 1:
                try await peer.send(whole)
            case 2:
                try await peer.send(whole)
                _ = try await peer.read(through: "HTTP/1.1 200")
            default:
                try await peer.send(whole)
                #expect(try await peer.readResponse().status == 200)
            }
            if random.next() % 2 == 0 { await peer.abort() } else { await peer.close() }
        }
    }
}
