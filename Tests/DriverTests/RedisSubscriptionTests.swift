import NetworkTrouble
import Redis
import ServerTesting
import Testing

@Suite(.needs(.redis))
struct RedisSubscriptionTests {
    @Test func `Messages of its channels come to each subscriber, in order`() async throws {
        let client = RedisClient(try RedisServer.configuration())
        let (a, b) = (RedisServer.key(), RedisServer.key())
        var both = client.subscribe([a, b]).makeAsyncIterator()
        var one = client.subscribe([b]).makeAsyncIterator()
        #expect(await both.next() == .reconnected)
        #expect(await one.next() == .reconnected)
        for (channel, text) in [(a, "1"), (b, "2"), (a, "\u{0}\r\n"), (b, "4")] {
            _ = try await client.command(["PUBLISH", .init(channel), .init(text)])
        }
        #expect(await both.next() == .message(channel: a, payload: Array("1".utf8)))
        #expect(await both.next() == .message(channel: b, payload: Array("2".utf8)))
        #expect(await both.next() == .message(channel: a, payload: [0, 13, 10]))
        #expect(await both.next() == .message(channel: b, payload: Array("4".utf8)))
        #expect(await one.next() == .message(channel: b, payload: Array("2".utf8)))
        #expect(await one.next() == .message(channel: b, payload: Array("4".utf8)))
        await client.close()
        #expect(await both.next() == nil)
    }

    @Test func `After a cut a subscriber is told, and hears what comes then`() async throws {
        let proxy = CuttableProxy(to: try RedisServer.configuration().port)
        let client = RedisClient(try RedisServer.configuration(port: proxy.port))
        let other = RedisClient(try RedisServer.configuration())
        let channel = RedisServer.key()
        var events = client.subscribe([channel]).makeAsyncIterator()
        #expect(await events.next() == .reconnected)
        for round in 0..<3 {
            proxy.cut()
            #expect(await events.next() == .reconnected)
            _ = try await other.command(["PUBLISH", .init(channel), .init(round)])
            #expect(
                await events.next()
                    == .message(channel: channel, payload: Array("\(round)".utf8))
            )
        }
        await client.close()
        await other.close()
        proxy.close()
    }

    @Test func `Silence on the line is asked about, and a dead line replaced`() async throws {
        let proxy = CuttableProxy(to: try RedisServer.configuration().port)
        var settings = try RedisServer.configuration(port: proxy.port)
        settings.pingInterval = .milliseconds(200)
        settings.connectTimeout = .seconds(2)
        let client = RedisClient(settings)
        var events = client.subscribe([RedisServer.key()]).makeAsyncIterator()
        #expect(await events.next() == .reconnected)
        proxy.set(.mute)
        let before = proxy.accepted
        try await eventually("another connection is tried") { proxy.accepted > before }
        proxy.set(.open)
        #expect(await events.next() == .reconnected)
        await client.close()
        proxy.close()
    }

    @Test func `A dropped subscription leaves its channel, unless another listens`() async throws {
        let client = RedisClient(try RedisServer.configuration())
        let channel = RedisServer.key()
        var kept = client.subscribe([channel]).makeAsyncIterator()
        #expect(await kept.next() == .reconnected)
        do {
            var dropped = client.subscribe([channel]).makeAsyncIterator()
            #expect(await dropped.next() == .reconnected)
        }
        _ = try await client.command(["PUBLISH", .init(channel), "x"])
        #expect(await kept.next() == .message(channel: channel, payload: Array("x".utf8)))
        #expect(try await listeners(of: channel, client) == 1)
        kept = client.subscribe([RedisServer.key()]).makeAsyncIterator()
        try await eventually("nobody listens") { try await listeners(of: channel, client) == 0 }
        await client.close()
    }

    @Test func `A reader that is too slow is told that it missed something`() async throws {
        var settings = try RedisServer.configuration()
        settings.subscriberBacklog = 8
        let client = RedisClient(settings)
        let channel = RedisServer.key()
        var events = client.subscribe([channel]).makeAsyncIterator()
        #expect(await events.next() == .reconnected)
        let publish = (0..<100).map { [RedisArgument("PUBLISH"), .init(channel), .init($0)] }
        _ = try await client.pipeline(publish)
        // One that reads in time tells when all hundred have passed.
        var last = client.subscribe([channel]).makeAsyncIterator()
        #expect(await last.next() == .reconnected)
        var seen: [RedisEvent] = []
        while seen.last != .reconnected, let event = await events.next() { seen.append(event) }
        #expect(seen.count < 100)
        #expect(seen.first == .message(channel: channel, payload: Array("0".utf8)))
        _ = try await client.command(["PUBLISH", .init(channel), "end"])
        #expect(await events.next() == .message(channel: channel, payload: Array("end".utf8)))
        await client.close()
    }

    private func listeners(of channel: String, _ client: RedisClient) async throws -> Int64? {
        try await client.command(["PUBSUB", "NUMSUB", .init(channel)]).array?.last?.integer
    }
}
