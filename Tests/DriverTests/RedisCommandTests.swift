import Redis
import ServerTesting
import Testing

@Suite(.needs(.redis))
struct RedisCommandTests {
    @Test func `Ten thousand commands of a hundred tasks each get their own reply`() async throws {
        let client = RedisClient(try RedisServer.configuration())
        let key = RedisServer.key()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<100 {
                group.addTask {
                    for round in 0..<50 {
                        let value = "\(task)/\(round)"
                        let name = RedisArgument("\(key):\(task)")
                        let replies = try await client.pipeline([
                            ["SET", name, .init(value), "EX", 60], ["GET", name],
                        ])
                        #expect(replies == [.status("OK"), .string(Array(value.utf8))])
                    }
                }
            }
            try await group.waitForAll()
        }
        await client.close()
    }

    @Test func `One pipeline of ten thousand is answered in order`() async throws {
        let client = RedisClient(try RedisServer.configuration())
        let key = RedisArgument(RedisServer.key())
        var commands: [[RedisArgument]] = (0..<10_000).map { _ in ["INCR", key] }
        commands.append(["EXPIRE", key, 60])
        let replies = try await client.pipeline(commands)
        #expect(replies == (1...10_000).map { .integer($0) } + [.integer(1)])
        await client.close()
    }

    @Test func `Any bytes go in and come out unchanged`() async throws {
        let client = RedisClient(try RedisServer.configuration())
        let key = RedisServer.key()
        let all = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
        for bytes: [UInt8] in [[], [0], Array("\r\n$3\r\nfoo\r\n".utf8), all] {
            _ = try await client.command(["SET", .init(key), .init(bytes), "EX", 60])
            #expect(try await client.command(["GET", .init(key)]) == .string(bytes))
        }
        #expect(try await client.command(["GET", .init("\(key):none")]) == .null)
        await client.close()
    }

    @Test func `Every kind of reply comes as it is, arrays in arrays too`() async throws {
        let client = RedisClient(try RedisServer.configuration())
        let script = RedisScript(
            "return {1, 'two', {3, {'four', false}}, redis.status_reply('five')}"
        )
        #expect(
            try await client.run(script, keys: [], arguments: [])
                == .array([
                    .integer(1), .string(Array("two".utf8)),
                    .array([.integer(3), .array([.string(Array("four".utf8)), .null])]),
                    .status("five"),
                ])
        )
        #expect(try await client.command(["ECHO", "12"]).integer == 12)
        #expect(try await client.pipeline([]) == [])
        await client.close()
    }

    @Test func `A refused command is an error for itself alone`() async throws {
        let client = RedisClient(try RedisServer.configuration())
        let error = await #expect(throws: RedisError.self) {
            try await client.command(["NONSENSE"])
        }
        guard case .reply(let text) = error else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        #expect(text.hasPrefix("ERR unknown command"))
        let replies = try await client.pipeline([["ECHO", "a"], ["NONSENSE"], ["ECHO", "b"]])
        #expect(replies.map(\.text) == ["a", nil, "b"])
        guard case .error = replies[1] else {
            Issue.record("not an error: \(replies[1])")
            return
        }
        await client.close()
    }

    @Test func `A script runs also after Redis has forgotten it`() async throws {
        let client = RedisClient(try RedisServer.configuration())
        // A text of its own, so that others' scripts do not matter.
        let mark = RedisServer.key()
        let script = RedisScript("return {KEYS[1], ARGV[1], '\(mark)'}")
        for _ in 0..<2 {
            let reply = try await client.run(script, keys: [mark], arguments: [7])
            #expect(reply.array?.map(\.text) == [mark, "7", mark])
            #expect(
                try await client.command(["SCRIPT", "EXISTS", .init(script.hash)])
                    == .array([.integer(1)])
            )
            _ = try await client.command(["SCRIPT", "FLUSH"])
        }
        await client.close()
    }

    @Test func `A database of the URL is chosen`() async throws {
        var url = try TestServer.redis.url()
        if let slash = url.lastIndex(of: "/") { url = String(url[..<slash]) }
        let client = RedisClient(try RedisConfiguration(url: "\(url)/3"))
        try await client.awaitUp()
        let info = try await client.command(["CLIENT", "INFO"]).text
        #expect(info?.contains(" db=3 ") == true)
        #expect(info?.contains(" name=volley-commands ") == true)
        await client.close()
    }

    @Test func `A wrong password keeps the client down, with a reason that does not show it`()
        async throws
    {
        let port = try RedisServer.configuration().port
        let url = "redis://nobody:s3cret@127.0.0.1:\(port)/"
        let client = RedisClient(try RedisConfiguration(url: url))
        let error = await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
        guard case .down(let reason) = error else {
            Issue.record("not down: \(String(describing: error))")
            return
        }
        #expect(reason.contains("WRONGPASS") && !reason.contains("s3cret"))
        await client.close()
    }
}
