import Glibc
import HTTPClient
import Synchronization
import Telemetry
import Testing

@Suite("HTTP client: time, turns and ways out", .timeLimit(.minutes(20)))
struct HTTPClientLimitsTests {
    private func outcome(
        _ client: HTTPClient,
        _ request: HTTPRequest
    ) async -> Result<HTTPResponse, HTTPFailure> {
        do { return .success(try await client.send(request)) } catch { return .failure(error) }
    }

    private func isNotSent(_ result: Result<HTTPResponse, HTTPFailure>?) -> Bool {
        if case .failure(.notSent) = result { true } else { false }
    }

    private func isUnanswered(_ result: Result<HTTPResponse, HTTPFailure>?) -> Bool {
        if case .failure(.unanswered) = result { true } else { false }
    }

    /// Holds the first request until the gate opens, then answers all.
    private func gatedServer(_ gate: Gate) -> RawServer {
        RawServer { connection in
            while connection.next() != nil {
                gate.pass()
                connection.answer()
            }
        }
    }

    @Test("A request whose moment has passed is not sent, and the server hears nothing")
    func sendBeforeInThePast() async throws {
        let server = RawServer.polite()
        defer { server.stop() }
        let client = HTTPClient()
        var request = HTTPRequest(method: "POST", url: server.url, body: [1])
        request.sendBefore = .now
        #expect(isNotSent(await outcome(client, request)))
        #expect(server.connections == 0)
        request.sendBefore = .now + .seconds(600)
        #expect(try await client.send(request).status == 200)
        await client.close()
        #expect(server.requests.count == 1)
    }

    @Test("A request whose moment passes while it waits for its turn is not sent")
    func sendBeforeInTheQueue() async {
        let gate = Gate()
        let server = gatedServer(gate)
        defer { server.stop() }
        let client = HTTPClient(HTTPClientConfiguration(perHost: 1))
        let url = server.url
        let limit = ContinuousClock.now + .milliseconds(300)
        async let first = outcome(
            client,
            HTTPRequest(method: "GET", url: url + "/first", timeout: .seconds(60))
        )
        await server.hasRead(1)
        async let late = outcome(
            client,
            HTTPRequest(
                method: "POST",
                url: url + "/late",
                body: [1],
                timeout: .seconds(60),
                sendBefore: limit
            )
        )
        try? await Task.sleep(until: limit, clock: .continuous)
        gate.open()
        #expect(isNotSent(await late))
        #expect(!isNotSent(await first))
        #expect(server.requests.map(\.line) == ["GET /first HTTP/1.1"])
        await client.close()
    }

    @Test(
        "What stands in a request's way in the last moment keeps it here; the server hears nothing"
    )
    func obstacle() async throws {
        let gate = Gate()
        let server = gatedServer(gate)
        defer { server.stop() }
        let client = HTTPClient(HTTPClientConfiguration(perHost: 1))
        let isHalted = Mutex(false)
        let url = server.url
        async let first = outcome(
            client,
            HTTPRequest(method: "GET", url: url + "/first", timeout: .seconds(60))
        )
        await server.hasRead(1)
        // It waits for the connection: what it is asked then, nobody knew when it came.
        var late = HTTPRequest(method: "POST", url: url + "/late", body: [1], timeout: .seconds(60))
        late.obstacle = { isHalted.withLock(\.self) ? "halted" : nil }
        let waiting = late
        async let held = outcome(client, waiting)
        isHalted.withLock { $0 = true }
        gate.open()
        #expect(isNotSent(await held))
        #expect(!isNotSent(await first))
        #expect(server.requests.map(\.line) == ["GET /first HTTP/1.1"])
        isHalted.withLock { $0 = false }
        #expect(try await client.send(waiting).status == 200)
        await client.close()
        #expect(server.requests.count == 2)
    }

    @Test("A request whose moment passes while it connects is not sent over the connection")
    func sendBeforeWhileConnecting() async {
        let server = RawServer(backlog: 0, accepting: false) { connection in
            while connection.next() != nil { connection.answer() }
        }
        defer { server.stop() }
        let knocking = server.fillQueue()
        let metrics = Metrics()
        let client = HTTPClient(metrics: metrics)
        let limit = ContinuousClock.now + .seconds(2)
        async let late = outcome(
            client,
            HTTPRequest(
                method: "POST",
                url: server.url,
                body: [1],
                connectTimeout: .seconds(60),
                timeout: .seconds(60),
                sendBefore: limit
            )
        )
        let running = metrics.gauge("http_client_running", help: "")
        while running.value() == 0, ContinuousClock.now < limit {
            try? await Task.sleep(for: .milliseconds(5))
        }
        try? await Task.sleep(until: limit, clock: .continuous)
        server.startAccepting()
        #expect(isNotSent(await late))
        await client.close()
        #expect(server.requests.isEmpty)
        for descriptor in knocking { close(descriptor) }
    }

    @Test("A request whose time runs out, or that is cancelled, while it waits is not sent")
    func givenUpInTheQueue() async {
        let gate = Gate()
        let server = gatedServer(gate)
        defer { server.stop() }
        let client = HTTPClient(HTTPClientConfiguration(perHost: 1, queueLimit: 2))
        let url = server.url
        async let first = outcome(
            client,
            HTTPRequest(method: "GET", url: url + "/first", timeout: .seconds(60))
        )
        await server.hasRead(1)
        let short = HTTPRequest(
            method: "POST",
            url: url + "/short",
            body: [1],
            timeout: .milliseconds(200)
        )
        #expect(isNotSent(await outcome(client, short)))
        let cancelled = await withTaskGroup(of: Result<HTTPResponse, HTTPFailure>.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let long = HTTPRequest(
                        method: "POST",
                        url: url + "/long",
                        timeout: .seconds(60)
                    )
                    return await outcome(client, long)
                }
            }
            group.cancelAll()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(cancelled.count == 2 && cancelled.allSatisfy { isNotSent($0) })
        gate.open()
        #expect(!isNotSent(await first))
        #expect(server.requests.map(\.line) == ["GET /first HTTP/1.1"])
        await client.close()
    }

    @Test("When too many wait, one more is refused as not sent")
    func queueLimit() async {
        let gate = Gate()
        let server = gatedServer(gate)
        defer { server.stop() }
        let client = HTTPClient(HTTPClientConfiguration(perHost: 1, queueLimit: 3))
        let url = server.url
        let outcomes = await withTaskGroup(of: Result<HTTPResponse, HTTPFailure>.self) { group in
            for index in 0..<10 {
                group.addTask {
                    let order = HTTPRequest(
                        method: "POST",
                        url: url + "/\(index)",
                        timeout: .seconds(60)
                    )
                    return await outcome(client, order)
                }
            }
            // Six are refused while the server holds the one it has; then it may answer.
            var outcomes: [Result<HTTPResponse, HTTPFailure>] = []
            for await outcome in group {
                outcomes.append(outcome)
                if outcomes.count == 6 { gate.open() }
            }
            return outcomes
        }
        await client.close()
        #expect(outcomes.prefix(6).allSatisfy { isNotSent($0) })
        #expect(outcomes.dropFirst(6).allSatisfy { !isNotSent($0) && !isUnanswered($0) })
        #expect(server.requests.count == 4)
    }

    @Test("Cancelling the task ends the transfer: unanswered once the server has it")
    func cancelled() async {
        let server = RawServer { connection in
            while connection.next() != nil {}
        }
        defer { server.stop() }
        let client = HTTPClient()
        let url = server.url
        let outcomes = await withTaskGroup(of: Result<HTTPResponse, HTTPFailure>.self) { group in
            group.addTask {
                let order = HTTPRequest(method: "POST", url: url, body: [1], timeout: .seconds(60))
                return await outcome(client, order)
            }
            await server.hasRead(1)
            group.cancelAll()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(isUnanswered(outcomes.first))
        await client.close()
    }

    @Test("Cancelled while it connects, nothing was sent")
    func cancelledWhileConnecting() async {
        let server = RawServer { $0.waitForEnd() }
        defer { server.stop() }
        let client = HTTPClient()
        let url = "https://127.0.0.1:\(server.port)/"
        let outcomes = await withTaskGroup(of: Result<HTTPResponse, HTTPFailure>.self) { group in
            group.addTask {
                var order = HTTPRequest(method: "POST", url: url, body: [1], timeout: .seconds(60))
                order.connectTimeout = .seconds(60)
                return await outcome(client, order)
            }
            while server.connections == 0 { await Task.yield() }
            group.cancelAll()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(isNotSent(outcomes.first))
        await client.close()
    }

    @Test("Closing ends what runs as unanswered, what waits as not sent, and refuses the rest")
    func closing() async {
        let server = RawServer { connection in
            while connection.next() != nil {}
        }
        defer { server.stop() }
        let client = HTTPClient(HTTPClientConfiguration(perHost: 1))
        let url = server.url
        async let running = outcome(
            client,
            HTTPRequest(method: "POST", url: url, timeout: .seconds(60))
        )
        await server.hasRead(1)
        async let waiting = outcome(
            client,
            HTTPRequest(method: "POST", url: url, timeout: .seconds(60))
        )
        await client.close()
        #expect(isUnanswered(await running))
        #expect(isNotSent(await waiting))
        #expect(isNotSent(await outcome(client, HTTPRequest(method: "POST", url: url))))
        await client.close()
    }

    @Test("Requests leave by their own address, and connections are never lent to another's")
    func addresses() async throws {
        let server = RawServer.polite()
        defer { server.stop() }
        // No connection may grow old on a busy machine.
        let client = HTTPClient(HTTPClientConfiguration(idleTimeout: .seconds(600)))
        let ways: [(Egress?, String)] = [
            (.address("127.0.0.2"), "127.0.0.2"), (.address("127.0.0.3"), "127.0.0.3"),
            (nil, "127.0.0.1"),
        ]
        for round in 0..<6 {
            for (egress, address) in round.isMultiple(of: 2) ? ways : ways.reversed() {
                let request = HTTPRequest(
                    method: "POST",
                    url: server.url + "/from/\(address)",
                    body: [1],
                    egress: egress
                )
                #expect(try await client.send(request).status == 200)
            }
        }
        await client.close()
        #expect(server.requests.count == 18)
        for request in server.requests {
            #expect(request.line == "POST /from/\(request.peer) HTTP/1.1")
        }
        // One connection for each way out, used six times.
        #expect(server.connections == 3)
    }

    @Test("Proxies are kept apart, even where only their passwords differ")
    func proxies() async throws {
        let proxy = RawServer.polite()
        defer { proxy.stop() }
        let client = HTTPClient(HTTPClientConfiguration(idleTimeout: .seconds(600)))
        let ways: [(Egress?, String?)] = [
            (.proxy("http://one:first@127.0.0.1:\(proxy.port)"), "Basic b25lOmZpcnN0"),
            (.proxy("http://two:second@127.0.0.1:\(proxy.port)"), "Basic dHdvOnNlY29uZA=="),
            (.proxy("http://127.0.0.1:\(proxy.port)"), nil),
        ]
        for _ in 0..<3 {
            for (egress, _) in ways {
                let request = HTTPRequest(
                    method: "GET",
                    url: "http://broker.invalid/profile",
                    egress: egress
                )
                #expect(try await client.send(request).status == 200)
            }
        }
        await client.close()
        #expect(proxy.requests.count == 9 && proxy.connections == 3)
        for (index, request) in proxy.requests.enumerated() {
            let (_, credentials) = ways[index % 3]
            #expect(request.line == "GET http://broker.invalid/profile HTTP/1.1")
            #expect(request.connection == index % 3 + 1)
            let line = credentials.map { "Proxy-Authorization: " + $0 }
            #expect(request.headers.first { $0.hasPrefix("Proxy-Authorization") } == line)
        }
    }
}
