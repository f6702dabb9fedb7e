import NetworkTrouble
import Redis
import ServerTesting
import Testing

@Suite(.needs(.redis))
struct RedisLossTests {
    @Test func `Down, every call fails at once; back, it works by itself`() async throws {
        let proxy = CuttableProxy(to: try RedisServer.configuration().port)
        let client = RedisClient(try RedisServer.configuration(port: proxy.port))
        #expect(try await client.command(["PING"]) == .status("PONG"))
        proxy.set(.refusing)
        proxy.cut()
        try await eventually("noticed") { !client.isUp }
        // With half a minute for each reply, a thousand calls that waited would never end.
        try await withTimeLimit {
            for _ in 0..<1000 {
                do throws(RedisError) {
                    _ = try await client.command(["PING"])
                    Issue.record("answered while down")
                } catch {
                    guard case .down = error else {
                        Issue.record("not down: \(error)")
                        return
                    }
                }
            }
        }
        proxy.set(.open)
        try await client.awaitUp()
        #expect(try await client.command(["PING"]) == .status("PONG"))
        await client.close()
        proxy.close()
    }

    @Test func `A call before the first connection waits for it, and fails if it fails`()
        async throws
    {
        let nobody = CuttableProxy(to: 1)
        let client = RedisClient(try RedisServer.configuration(port: nobody.port))
        await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
        await client.close()
        await #expect(throws: RedisError.down("closed")) { try await client.command(["PING"]) }
        nobody.close()
    }

    @Test func `A late reply times out, and never answers another call`() async throws {
        let proxy = CuttableProxy(to: try RedisServer.configuration().port)
        var settings = try RedisServer.configuration(port: proxy.port)
        settings.commandTimeout = .milliseconds(300)
        let client = RedisClient(settings)
        try await client.awaitUp()
        proxy.set(.mute)
        await #expect(throws: RedisError.timedOut) { try await client.command(["ECHO", "late"]) }
        proxy.set(.open)
        try await eventually("the next answer is its own") {
            guard let reply = try? await client.command(["ECHO", "mine"]) else { return false }
            #expect(reply.text == "mine")
            return true
        }
        await client.close()
        proxy.close()
    }

    @Test func `A cut in the middle fails what is under way, and nothing waits for ever`()
        async throws
    {
        let proxy = CuttableProxy(to: try RedisServer.configuration().port)
        let client = RedisClient(try RedisServer.configuration(port: proxy.port))
        try await client.awaitUp()
        proxy.set(.mute)
        let before = proxy.bytesFromClients
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
                }
            }
            try await eventually("some are under way") { proxy.bytesFromClients > before }
            proxy.cut()
        }
        proxy.set(.open)
        try await client.awaitUp()
        await client.close()
        proxy.close()
    }
}
