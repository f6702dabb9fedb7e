import BrokerFaces
import Desk
import HTTPServer
import JSON
import Synchronization
import Testing
import Trading
import WebSocket
import Zerodha

/// The ticker and postbacks as sources of hints, at the sandbox's and at broken ones.
@Suite("Zerodha: order stream", .timeLimit(.minutes(20)))
struct ZerodhaOrderStreamTests {
    @Test("Every change of an order placed anywhere in the account gives its reference")
    func hints() async throws {
        try await ZerodhaFloor.visit { floor in
            let (references, heard) = AsyncStream.makeStream(of: String.self)
            let stream = ZerodhaOrderStream(
                url: "ws://127.0.0.1:\(floor.sandbox.webSocketPort)/kite"
            )
            #expect(stream.broker == .zerodha)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await stream.follow(ZerodhaFloor.session(), Self.listener(heard: heard))
                }
                try await until("the sandbox has seen the login") {
                    let accounts = try await floor.control("GET", "/accounts")["accounts"]
                    return accounts?[0]?["listeners"]?.int64 == 1
                }
                let resting = ZerodhaFloor.attempt(
                    "VLIVE001",
                    terms: Sample.terms(price: "2900.00")
                )
                let id = try #require(await floor.broker.place(resting).brokerOrderID)
                try await floor.broker.cancel(Sample.live(resting, id))
                _ = await floor.broker.place(ZerodhaFloor.attempt("VLIVE002"))
                var told: [String] = []
                for await reference in references {
                    told.append(reference)
                    if reference == "VLIVE002" { break }
                }
                // Not that an order is on its way or waits: only that it was cancelled, or traded.
                #expect(told == ["VLIVE001", "VLIVE002"])
                group.cancelAll()
            }
            // Cancelled, it hangs up.
            try await until("the sandbox has seen the end") {
                let accounts = try await floor.control("GET", "/accounts")["accounts"]
                return accounts?[0]?["listeners"]?.int64 == 0
            }
        }
    }

    @Test("The handshake has the captured query and version, and no other secret anywhere")
    func handshake() async throws {
        let (handshakes, arrived) = AsyncStream.makeStream(of: [String].self)
        var configuration = WebSocketServerConfiguration(port: 0)
        configuration.customHeaders = ["x-kite-version"]
        let server = WebSocketServer(configuration) { connection in
            arrived.yield(
                connection.query.map { $0.name + "=" + $0.value }
                    + [connection.path, connection.header("x-kite-version") ?? ""]
            )
        }
        try server.start()
        await following(server.port, token: "apikey:access+token&x") {
            let seen = await handshakes.first { _ in true }
            #expect(seen == ["api_key=apikey", "access_token=access+token&x", "/", "3"])
        }
        await server.stop()
    }

    @Test("A connection that ends is made again, heartbeats and errors are no hints")
    func reconnects() async throws {
        let count = Atomic<Int>(0)
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            let number = count.add(1, ordering: .relaxed).newValue
            try? await connection.send(.binary([0]))
            try? await connection.send(.text(#"{"type":"error","data":"none"}"#))
            try? await connection.send(
                .text(
                    #"{"type":"order","data":{"status":"COMPLETE","tag":"VAGAIN0\#(number)"}}"#
                )
            )
            // Ends here, so the server closes the connection.
        }
        try server.start()
        let (references, heard) = AsyncStream.makeStream(of: String.self)
        await following(server.port, heard: heard) {
            var told: [String] = []
            for await reference in references {
                told.append(reference)
                if told.count == 3 { break }
            }
            #expect(told == ["VAGAIN01", "VAGAIN02", "VAGAIN03"])
        }
        await server.stop()
    }

    @Test("Pauses double up to a minute while nothing is heard, and begin anew after a heartbeat")
    func backsOff() async throws {
        let count = Atomic<Int>(0)
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            if count.add(1, ordering: .relaxed).newValue == 10 {
                try? await connection.send(.binary([0]))
            }
        }
        try server.start()
        let (pauses, lost) = AsyncStream.makeStream(of: Duration.self)
        await following(server.port, lost: { lost.yield($1) }) {
            var told: [Duration] = []
            for await pause in pauses {
                told.append(pause)
                if told.count == 11 { break }
            }
            let longest: [Double] = [1, 2, 4, 8, 16, 32, 60, 60, 60, 1, 2]
            for (pause, seconds) in zip(told, longest) {
                #expect(pause <= .seconds(seconds) && pause >= .seconds(seconds / 2), "\(told)")
            }
        }
        await server.stop()
    }

    @Test(
        "Without a listener or a pair of key and token it tries again, and tells no secret",
        arguments: ["testkey:TESTTOKEN", "TESTTOKEN"]
    )
    func nobodyListens(token: String) async {
        let (reasons, lost) = AsyncStream.makeStream(of: String.self)
        await following(1, token: token, lost: { why, _ in lost.yield(why) }) {
            var count = 0
            for await reason in reasons {
                #expect(!reason.contains("TESTTOKEN"))
                count += 1
                if count == 3 { break }
            }
        }
    }

    @Test("A wrong token is closed by the server, and tried again later")
    func wrongLogin() async throws {
        try await ZerodhaFloor.visit { floor in
            let (reasons, lost) = AsyncStream.makeStream(of: String.self)
            await following(
                floor.sandbox.webSocketPort,
                path: "/kite",
                token: "testkey:WRONG",
                lost: { why, _ in lost.yield(why) }
            ) {
                let reason = await reasons.first { _ in true }
                #expect(reason == "closed with 1008")
            }
        }
    }

    @Test("The sandbox's postbacks are signed, and each ends as a hint of its order")
    func postbacks() async throws {
        let (bodies, arrived) = AsyncStream.makeStream(of: [UInt8].self)
        let route = HTTPRoute("POST", "/postbacks/zerodha") { request in
            arrived.yield(request.body)
            return HTTPServerResponse(status: 200)
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: [route])
        try server.start()
        let account = """
            {"face":"zerodha","client_id":"1000000001","token":"testkey:TESTTOKEN",
            "postback_url":"http://127.0.0.1:\(server.port)/postbacks/zerodha"}
            """
        try await ZerodhaFloor.visit(account: account) { floor in
            _ = await floor.broker.place(ZerodhaFloor.attempt("VPOST001"))
            let body = try #require(await bodies.first { _ in true })
            let signed = ZerodhaHints(apiSecret: Secret("secret"))
            #expect(signed.references(in: body) == ["VPOST001"])
            let forged = String(decoding: body, as: UTF8.self)
                .replacing("2026-11-20 ", with: "2026-11-21 ")
            #expect(signed.references(in: Array(forged.utf8)).isEmpty)
        }
        await server.stop(grace: .seconds(5))
    }

    private static func listener(
        heard: AsyncStream<String>.Continuation? = nil,
        lost: @escaping @Sendable (String, Duration) -> Void = { _, _ in }
    ) -> OrderStreamListener {
        OrderStreamListener(
            hinted: { for case .order(let reference) in $0 { heard?.yield(reference) } },
            connected: {},
            lost: lost
        )
    }

    /// Runs a test while a stream follows the server, without any waiting between its tries.
    private func following(
        _ port: Int,
        path: String = "",
        token: String = "testkey:TESTTOKEN",
        heard: AsyncStream<String>.Continuation? = nil,
        lost: @escaping @Sendable (String, Duration) -> Void = { _, _ in },
        _ body: () async -> Void
    ) async {
        let stream = ZerodhaOrderStream(
            url: "ws://127.0.0.1:\(port)\(path)",
            clock: NoWaiting()
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await stream.follow(
                    ZerodhaFloor.session(token: token),
                    Self.listener(heard: heard, lost: lost)
                )
            }
            await body()
            group.cancelAll()
        }
    }
}

/// A clock on which waiting takes no time.
private struct NoWaiting: Clock {
    let now = ContinuousClock.now
    let minimumResolution: Duration = .nanoseconds(1)

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}
