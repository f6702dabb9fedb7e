import BrokerFaces
import Desk
import Dhan
import JSON
import Synchronization
import Testing
import WebSocket

/// The order-update socket as a source of hints, at the sandbox's socket and at broken ones.
@Suite("Dhan: live order update", .timeLimit(.minutes(20)))
struct DhanLiveOrderUpdateTests {
    @Test("Every change of an order placed anywhere in the account gives its reference")
    func hints() async throws {
        try await DhanFloor.visit { floor in
            let (references, heard) = AsyncStream.makeStream(of: String.self)
            let (logins, login) = AsyncStream.makeStream(of: Void.self)
            let updates = DhanLiveOrderUpdate(
                url: "ws://127.0.0.1:\(floor.sandbox.webSocketPort)/",
                session: Sample.session()
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await updates.run(
                        { hints in
                            for case .order(let reference) in hints { heard.yield(reference) }
                        },
                        onConnected: { login.yield() }
                    )
                }
                for await _ in logins { break }
                try await until("the sandbox has seen the login") {
                    let accounts = try await floor.control("GET", "/accounts")["accounts"]
                    return accounts?[0]?["listeners"]?.int64 == 1
                }
                let resting = Sample.attempt("VLIVE001", terms: Sample.terms(price: "2900.00"))
                let id = try #require(await floor.broker.place(resting).brokerOrderID)
                try await floor.broker.cancel(Sample.live(resting, id))
                _ = await floor.broker.place(Sample.attempt("VLIVE002"))
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

    @Test("The login frame is the captured one")
    func loginFrame() async throws {
        let (logins, login) = AsyncStream.makeStream(of: String.self)
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            if let first = await connection.next() { login.yield(first) }
        }
        try server.start()
        await listening(to: server) { _ in
            let frame = await logins.first { _ in true }
            #expect(
                frame
                    == #"{"LoginReq":{"MsgCode":42,"ClientId":"1000000001","Token":"TESTTOKEN"},"#
                    + #""UserType":"SELF"}"#
            )
        }
        await server.stop()
    }

    @Test("A connection that ends is made again, with the same login, and the hints go on")
    func reconnects() async throws {
        let count = Atomic<Int>(0)
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            let number = count.add(1, ordering: .relaxed).newValue
            guard let login = await connection.next(), login.contains("TESTTOKEN") else { return }
            // As in the documents' sample, a member is given twice.
            try? await connection.send(
                .text(
                    #"{"Data":{"Remarks":"NR","CorrelationId":"VAGAIN0\#(number)","Remarks":""}}"#
                )
            )
            // Ends here, so the server closes the connection.
        }
        try server.start()
        await listening(to: server) { references in
            var told: [String] = []
            for await reference in references {
                told.append(reference)
                if told.count == 4 { break }
            }
            #expect(told == ["VAGAIN01", "VAGAIN02", "VAGAIN03", "VAGAIN04"])
        }
        await server.stop()
    }

    @Test("Pauses double up to a minute while no message comes, and begin anew after one")
    func backsOff() async throws {
        let count = Atomic<Int>(0)
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            _ = await connection.next()
            if count.add(1, ordering: .relaxed).newValue == 10 {
                try? await connection.send(.text("hello"))
            }
        }
        try server.start()
        let (pauses, lost) = AsyncStream.makeStream(of: Duration.self)
        let updates = updates(from: server.port)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await updates.run({ _ in }, onLost: { lost.yield($1) }) }
            var told: [Duration] = []
            for await pause in pauses {
                told.append(pause)
                if told.count == 11 { break }
            }
            group.cancelAll()
            let longest: [Double] = [1, 2, 4, 8, 16, 32, 60, 60, 60, 1, 2]
            for (pause, seconds) in zip(told, longest) {
                #expect(pause <= .seconds(seconds) && pause >= .seconds(seconds / 2), "\(told)")
            }
        }
        await server.stop()
    }

    @Test("Where nobody listens it tries again, and ends when cancelled")
    func nobodyListens() async {
        let updates = updates(from: 1)
        let (reasons, lost) = AsyncStream.makeStream(of: String.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await updates.run({ _ in }, onLost: { why, _ in lost.yield(why) }) }
            var count = 0
            for await reason in reasons {
                #expect(!reason.contains("TESTTOKEN"))
                count += 1
                if count == 3 { break }
            }
            group.cancelAll()
        }
    }

    @Test("A wrong login is closed by the server, and tried again later")
    func wrongLogin() async throws {
        try await DhanFloor.visit { floor in
            let (reasons, lost) = AsyncStream.makeStream(of: String.self)
            let updates = DhanLiveOrderUpdate(
                url: "ws://127.0.0.1:\(floor.sandbox.webSocketPort)/",
                session: Sample.session(token: "WRONG"),
                clock: HurriedClock()
            )
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await updates.run({ _ in }, onLost: { why, _ in lost.yield(why) })
                }
                let reason = await reasons.first { _ in true }
                #expect(reason == "closed with 1008")
                group.cancelAll()
            }
        }
    }

    private func updates(from port: Int) -> DhanLiveOrderUpdate {
        DhanLiveOrderUpdate(
            url: "ws://127.0.0.1:\(port)/",
            session: Sample.session(),
            clock: HurriedClock()
        )
    }

    /// Runs a test while a socket listens to the server.
    private func listening(
        to server: WebSocketServer,
        _ body: (AsyncStream<String>) async -> Void
    ) async {
        let (references, heard) = AsyncStream.makeStream(of: String.self)
        let updates = updates(from: server.port)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await updates.run { hints in
                    for case .order(let reference) in hints { heard.yield(reference) }
                }
            }
            await body(references)
            group.cancelAll()
        }
    }
}

extension WebSocketConnection {
    /// The next text; nil once closed.
    fileprivate func next() async -> String? {
        var messages = messages.makeAsyncIterator()
        guard case .text(let text)? = try? await messages.next() else { return nil }
        return text
    }
}

/// A clock on which waiting takes no time.
private struct HurriedClock: Clock {
    let now = ContinuousClock.now
    let minimumResolution: Duration = .nanoseconds(1)

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// Waits for a condition; fails the test if it does not come.
func until(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(240)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what, sourceLocation: sourceLocation)
}
