import Testing

@testable import Redis

struct RedisPartsTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 100_000), "c4d4b30851182fc4eb8675494d42fd7f17e29c93"),
    ])
    func `The hash is that of the standard's examples`(text: String, hash: String) {
        #expect(RedisScript(text).hash == hash)
    }

    @Test(
        arguments: [
            ("redis://h", "h", 6379, nil, nil, 0), ("redis://:p%3Aw@h:1/7", "h", 1, nil, "p:w", 7),
            ("redis://u:p@[::1]/", "::1", 6379, "u", "p", 0),
        ] as [(String, String, Int, String?, String?, Int)]
    )
    func `A URL tells where and as whom`(
        url: String,
        host: String,
        port: Int,
        user: String?,
        password: String?,
        database: Int
    ) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.host == host)
        #expect(configuration.port == port)
        #expect(configuration.user == user)
        #expect(configuration.password == password)
        #expect(configuration.database == database)
    }

    @Test(arguments: ["", "rediss://h", "redis://", "redis://:s3cret@h/x", "redis://h/-1"])
    func `A URL that cannot be read is refused without showing it`(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(!String(describing: error).contains("s3cret"))
    }

    @Test func `A command tells the length of each of its words`() {
        var bytes: [UInt8] = []
        bytes.append(command: ["SET", "ключ", 12, .init([0, 13, 10])])
        let expected = "*4\r\n$3\r\nSET\r\n$8\r\nключ\r\n$2\r\n12\r\n$3\r\n\u{0}\r\n\r\n"
        #expect(bytes == Array(expected.utf8))
    }
}
