import HTTPServer
import Synchronization
import Testing

@Suite("HTTP server: starting and stopping", .timeLimit(.minutes(20)))
struct HTTPServerStopTests {
    private let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

    private func started(_ routes: [HTTPRoute]) throws -> HTTPServer {
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        return server
    }

    @Test("Stopping refuses new connections and waits for a handler that runs")
    func graceful() async throws {
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let (signals, release) = AsyncStream<Void>.makeStream()
        let server = try started([
            HTTPRoute("GET", "/a") { _ in
                enter.yield()
                for await _ in signals { break }
                return .text("done")
            }
        ])
        let peer = try RawPeer(port: server.port)
        let idle = try RawPeer(port: server.port)
        try await peer.send(get)
        for await _ in entered { break }
        async let stopped: Void = server.stop(grace: .seconds(120))
        try await waitUntil { (try? RawPeer(port: server.port)) == nil }
        release.finish()
        let answer = try await peer.readResponse()
        #expect(answer.text == "done")
        #expect(answer.headers["connection"]?.lowercased() == "close")
        await stopped
        #expect(try await idle.readToEnd().bytes.isEmpty)
        #expect(server.openRequests == 0)
        await peer.close()
        await idle.close()
    }

    @Test("A handler that outlives the grace is cancelled and its connection closed")
    func impatient() async throws {
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let (signals, release) = AsyncStream<Void>.makeStream()
        let wasCancelled = Atomic<Bool>(false)
        let server = try started([
            HTTPRoute("GET", "/a") { _ in
                await withTaskCancellationHandler {
                    enter.yield()
                    await Task { for await _ in signals { break } }.value
                } onCancel: {
                    wasCancelled.store(true, ordering: .relaxed)
                }
                return .text("too late")
            }
        ])
        let peer = try RawPeer(port: server.port)
        try await peer.send(get)
        for await _ in entered { break }
        await server.stop(grace: .milliseconds(50))
        let handlerSawIt = wasCancelled.load(ordering: .relaxed)
        #expect(handlerSawIt)
        #expect(try await peer.readToEnd().bytes.isEmpty)
        // The handler's late answer goes nowhere, and does no harm.
        release.finish()
        try await waitUntil { server.openRequests == 0 }
        await peer.close()
    }

    @Test("Stopping ends streams in good order, and their closures see it")
    func streams() async throws {
        let (outcomes, report) = AsyncStream<Void>.makeStream()
        let server = try started([
            HTTPRoute("GET", "/a") { _ in
                HTTPServerResponse(
                    status: 200,
                    body: .stream { writer in
                        defer { report.yield() }
                        try await writer.write(Array("hello".utf8))
                        try await Task.sleep(for: .seconds(3600))
                    }
                )
            }
        ])
        let peer = try RawPeer(port: server.port)
        try await peer.send(get)
        _ = try await peer.read(through: "hello\r\n")
        await server.stop(grace: .seconds(120))
        for await _ in outcomes { break }
        #expect(try await peer.readChunk() == nil)
        #expect(server.openRequests == 0)
        await peer.close()
    }

    @Test("Stopping under load answers what was begun and never crashes", arguments: 0..<10)
    func underLoad(round: Int) async throws {
        let server = try started([
            HTTPRoute("GET", "/a", startsAtOnce: round % 4 < 2) { _ in
                await Task.yield()
                return .text("done")
            }
        ])
        let (begun, progress) = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do {
                        let peer = try RawPeer(port: server.port)
                        while true {
                            try await peer.send(get)
                            let answer = try await peer.readResponse()
                            #expect(answer.text == "done")
                            progress.yield()
                        }
                    } catch {
                        // The server closed the connection, or refused it: what is expected.
                    }
                }
            }
            for await _ in begun { break }
            await server.stop(grace: round % 2 == 0 ? .seconds(120) : .zero)
        }
        try await waitUntil { server.openRequests == 0 }
    }

    @Test("A port in use, an unknown host and a bad certificate are told apart")
    func refusals() async throws {
        let server = try started([])
        let taken = HTTPServer(HTTPServerConfiguration(port: server.port), routes: [])
        let failure = #expect(throws: HTTPServerError.self) { try taken.start() }
        guard case .cannotListen(let reason) = failure else {
            Issue.record("unexpected: \(String(describing: failure))")
            return
        }
        #expect(reason.contains("in use"))
        let lost = HTTPServer(HTTPServerConfiguration(host: "no.such.invalid", port: 0), routes: [])
        #expect(throws: HTTPServerError.self) { try lost.start() }
        let tls = HTTPServerConfiguration.TLS(certificate: "no", key: "no")
        let broken = HTTPServer(HTTPServerConfiguration(port: 0, tls: tls), routes: [])
        #expect(throws: HTTPServerError.cannotStart("certificate or key refused")) {
            try broken.start()
        }
        await server.stop(grace: .zero)
    }
}
