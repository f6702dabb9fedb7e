import HTTPServer
import Synchronization
import Testing

@Suite("HTTP server: streams and spoiled answers", .timeLimit(.minutes(20)))
struct HTTPServerStreamTests {
    private let get = "GET /s HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("A stream arrives piece by piece while its closure still runs")
    func pieces() async throws {
        let (signals, next) = AsyncStream<Void>.makeStream()
        let route = HTTPRoute("GET", "/s") { _ in
            HTTPServerResponse(
                status: 200,
                headers: [("Content-Type", "text/event-stream")],
                body: .stream { writer in
                    var count = 0
                    for await _ in signals {
                        count += 1
                        try await writer.write(Array("data: \(count)\n\n".utf8))
                        if count == 3 { return }
                    }
                }
            )
        }
        try await serving([route]) { server in
            let peer = try RawPeer(port: server.port)
            try await peer.send(get)
            // The head comes before the first piece is written.
            let head = try await peer.read(through: "\r\n\r\n")
            #expect(head.contains("text/event-stream"))
            for count in 1...3 {
                next.yield()
                let chunk = try await peer.readChunk() ?? []
                #expect(String(decoding: chunk, as: UTF8.self) == "data: \(count)\n\n")
            }
            #expect(try await peer.readChunk() == nil)
            await peer.close()
        }
    }

    @Test("A writer waits for a peer that does not read, and loses nothing")
    func backPressure() async throws {
        let written = Atomic<Int>(0)
        let total = 64 << 20
        let route = HTTPRoute("GET", "/s") { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    var piece = [UInt8](repeating: 0, count: 16 << 10)
                    while written.load(ordering: .relaxed) < total {
                        let index = written.load(ordering: .relaxed) / piece.count
                        piece[0] = UInt8(truncatingIfNeeded: index)
                        try await writer.write(piece)
                        written.add(piece.count, ordering: .relaxed)
                    }
                }
            )
        }
        try await serving([route]) { server in
            let peer = try RawPeer(port: server.port, receiveBuffer: 64 << 10)
            try await peer.send(get)
            _ = try await peer.read(through: "\r\n\r\n")
            // What the kernel and the server hold is far less than the whole: the writer must be
            // waiting once the number no longer moves.
            var before = -1
            while written.load(ordering: .relaxed) != before {
                before = written.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(before < total / 2)
            var received: [UInt8] = []
            received.reserveCapacity(total)
            while let chunk = try await peer.readChunk() { received += chunk }
            #expect(received.count == total)
            let marks = stride(from: 0, to: total, by: 16 << 10).map { received[$0] }
            #expect(marks == marks.indices.map { UInt8(truncatingIfNeeded: $0) })
            await peer.close()
        }
    }

    @Test("A stream whose peer hangs up ends with `gone`", arguments: [true, false])
    func hangUp(whileWaiting: Bool) async throws {
        let (outcomes, report) = AsyncStream<Bool>.makeStream()
        let route = HTTPRoute("GET", "/s") { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    do {
                        // Without a pause the writer is mostly waiting for room, else mostly idle.
                        while true {
                            try await writer.write([UInt8](repeating: 1, count: 4096))
                            if !whileWaiting { try await Task.sleep(for: .milliseconds(5)) }
                        }
                    } catch {
                        report.yield(error is HTTPBodyWriter.Failure || error is CancellationError)
                        throw error
                    }
                }
            )
        }
        try await serving([route]) { server in
            for abort in [true, false] {
                let peer = try RawPeer(port: server.port)
                try await peer.send(get)
                _ = try await peer.read(through: "\r\n\r\n")
                _ = try await peer.readChunk()
                if abort { await peer.abort() } else { await peer.close() }
                var outcome = outcomes.makeAsyncIterator()
                #expect(await outcome.next() == true)
            }
        }
    }

    @Test("A stream that fails is seen to be cut short")
    func failing() async throws {
        struct Broken: Error {}
        let route = HTTPRoute("GET", "/s") { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("part".utf8))
                    throw Broken()
                }
            )
        }
        try await serving([route]) { server in
            let peer = try RawPeer(port: server.port)
            try await peer.send(get)
            let text = String(decoding: try await peer.readToEnd().bytes, as: UTF8.self)
            #expect(text.hasSuffix("part\r\n"))
            await peer.close()
        }
    }

    @Test("Dropped, reset and truncated answers are seen as such")
    func spoiled() async throws {
        let routes = [
            HTTPRoute("GET", "/drop") { _ in .init(status: 200, body: .dropConnection) },
            HTTPRoute("GET", "/reset") { _ in .init(status: 200, body: .resetConnection) },
            HTTPRoute("GET", "/cut") { _ in
                .init(status: 200, body: .truncated(Array("half".utf8), claimedLength: 8))
            },
        ]
        try await serving(routes) { server in
            for (path, text, ending) in [
                ("/drop", "", RawPeer.Ending.closed), ("/reset", "", .reset), ("/cut", "half", nil),
            ] as [(String, String, RawPeer.Ending?)] {
                let peer = try RawPeer(port: server.port)
                try await peer.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                let (bytes, seen) = try await peer.readToEnd()
                let answer = String(decoding: bytes, as: UTF8.self)
                #expect(answer.hasSuffix(text) && answer.isEmpty == text.isEmpty, "\(path)")
                if let ending { #expect(seen == ending, "\(path)") }
                if path == "/cut" { #expect(answer.contains("Content-Length: 8\r\n")) }
                await peer.close()
            }
        }
    }
}
