import JSON
import Synchronization
import Telemetry
import Testing

/// Remembers the lines that a logger writes.
private final class Lines: Sendable {
    private let all = Mutex<[[UInt8]]>([])

    func logger(level: LogLevel = .debug, at milliseconds: Int64 = 0) -> Logger {
        Logger(program: "worker", level: level, now: { milliseconds }) { line in
            self.all.withLock { $0.append(line) }
        }
    }

    var texts: [String] { all.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }

    func parsed() throws -> [JSONValue] {
        try all.withLock { $0 }.map { try JSONValue(parsing: $0) }
    }
}

@Suite("Telemetry: logging")
struct TelemetryLoggingTests {
    @Test("A line is one JSON object with Indian time, and its fields in order")
    func line() {
        let lines = Lines()
        let logger = lines.logger(at: 1_795_236_300_123)
        logger.info(
            "order accepted",
            [.init("task", 7), .init("client", "AB12"), .init("ok", true)]
        )
        let expected =
            #"{"at":"2026-11-21T10:15:00.123+05:30","level":"info","program":"worker","#
            + #""message":"order accepted","task":7,"client":"AB12","ok":true}"# + "\n"
        #expect(lines.texts == [expected])
    }

    @Test(
        "The date is right across leap days, years' ends and the epoch",
        arguments: [
            (0, "1970-01-01T05:30:00.000+05:30"),
            (-1, "1970-01-01T05:29:59.999+05:30"),
            (-19_800_001, "1969-12-31T23:59:59.999+05:30"),
            (951_762_600_000, "2000-02-29T00:00:00.000+05:30"),
            (951_849_000_000, "2000-03-01T00:00:00.000+05:30"),
            (1_709_231_399_999, "2024-02-29T23:59:59.999+05:30"),
            (1_709_231_400_000, "2024-03-01T00:00:00.000+05:30"),
            (1_798_741_799_999, "2026-12-31T23:59:59.999+05:30"),
            (1_798_741_800_000, "2027-01-01T00:00:00.000+05:30"),
            (4_107_522_000_000, "2100-02-28T23:50:00.000+05:30"),
            (4_107_522_600_000, "2100-03-01T00:00:00.000+05:30"),
        ] as [(Int64, String)]
    )
    func dates(milliseconds: Int64, expected: String) throws {
        let lines = Lines()
        lines.logger(at: milliseconds).info("x")
        #expect(try lines.parsed()[0]["at"]?.string == expected)
    }

    @Test("Below the level nothing is written, nor even put together")
    func levels() {
        let lines = Lines()
        let logger = lines.logger(level: .warning)
        func costly() -> String {
            Issue.record("the message was made")
            return ""
        }
        logger.debug(costly())
        logger.info(costly(), [.init("x", costly())])
        logger.notice(costly())
        logger.warning("w")
        logger.error("e")
        #expect(lines.texts.count == 2)
        Logger.silent.error(costly())
        #expect(LogLevel(name: "notice") == .notice && LogLevel(name: "loud") == nil)
    }

    @Test("Whatever the text, a line is one line and valid JSON")
    func hostileText() throws {
        let lines = Lines()
        let hostile = "a\"b\\c\nd\r\te\u{1B}[31m\u{0}\u{7F}é😀\u{2028}"
        lines.logger().info(hostile, [.init("x\n\"", hostile), .init("level", "mine")])
        let line = try #require(lines.texts.first)
        #expect(line.utf8.filter { $0 < 0x20 || $0 == 0x7F } == [UInt8(ascii: "\n")])
        let value = try #require(try lines.parsed().first)
        #expect(value["message"]?.string == hostile)
        #expect(value["x\n\""]?.string == hostile)
        #expect(value["level"]?.string == "info")
        #expect(value["level_"]?.string == "mine")
    }

    @Test("A very long text is cut, with no character broken")
    func longText() throws {
        let lines = Lines()
        lines.logger().info(String(repeating: "€", count: 100_000))
        let text = try #require(try lines.parsed().first?["message"]?.string)
        #expect(text.utf8.count < 9000 && text.hasSuffix("…"))
    }

    @Test(
        "A field with a secret's name is not shown",
        arguments: [
            "token", "access-token", "access_token", "accessToken", "Password", "client_secret",
            "Authorization", "api_key", "apiKey", "X-Api-Key", "pin", "user_pin", "userPin", "totp",
            "TOTP", "otp", "jwt", "set-cookie", "refreshToken", "dhan.pin",
        ]
    )
    func secretKeys(key: String) throws {
        let lines = Lines()
        lines.logger().info("x", [.init(key, "hunter2"), .init(key + "2", 123_456)])
        #expect(try lines.parsed()[0][key]?.string == "[redacted]")
        #expect(!lines.texts[0].contains("hunter2"))
    }

    @Test(
        "A field with a harmless name is shown",
        arguments: ["task", "spinning", "opinion", "client", "hotpath"]
    )
    func harmlessKeys(key: String) throws {
        let lines = Lines()
        lines.logger().info("x", [.init(key, "value 7")])
        #expect(try lines.parsed()[0][key]?.string == "value 7")
    }

    @Test(
        "A value that looks like a secret is masked, in fields as in messages",
        arguments: [
            ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.S3cr3t-_x done", "got [redacted] done"),
            ("x-eyJhbGciOiJIUzI1NiJ9.S3cr3t", "x-[redacted]"),
            ("Bearer S3cr3t, then", "Bearer [redacted], then"),
            ("sent bearer  S3cr3t", "sent bearer  [redacted]"),
            ("GET /x?access-token=S3cr3t&y=1", "GET /x?access-token=[redacted]&y=1"),
            ("wss://h/?token%3DS3cr3t&y=1", "wss://h/?token%3D[redacted]&y=1"),
            ("Authorization: token key:S3cr3t more\nHost: h", "Authorization: [redacted]\nHost: h"),
            (#"{"password": "S3c\"r3t S3cr3t", "b": 1}"#, #"{"password": "[redacted]", "b": 1}"#),
            (
                #"{\"access_token\":\"S3cr3t\",\"b\":1}"#,
                #"{\"access_token\":\"[redacted]\",\"b\":1}"#
            ),
            ("[\"apiKey\": \"S3cr3t\"]", "[\"apiKey\": \"[redacted]\"]"),
            ("password = S3cr3t; x", "password = [redacted]; x"),
            ("amqp://user:S3cr3t@host:5672/v", "amqp://user:[redacted]@host:5672/v"),
            ("postgresql://u:S3c:r@3t@h/db S3", "postgresql://u:[redacted]@h/db S3"),
        ]
    )
    func secretValues(text: String, expected: String) throws {
        let lines = Lines()
        lines.logger().info(text, [.init("detail", text)])
        let value = try #require(try lines.parsed().first)
        #expect(value["message"]?.string == expected)
        #expect(value["detail"]?.string == expected)
    }

    @Test(
        "Ordinary text is left alone",
        arguments: [
            "", "task 7: 3 of 5 accepted", "http://127.0.0.1:8080/a?b=c", "eyJ", "ratio = 0.5",
            "broker said: \"margin\"", "a:b@c", "Bearer", "token", "the token expired",
            "https://host/path@x:y", "₹2,950.05 — 25 %", "eye: J",
        ]
    )
    func ordinaryText(text: String) throws {
        let lines = Lines()
        lines.logger().info(text)
        #expect(try lines.parsed()[0]["message"]?.string == text)
    }

    @Test("Random text never breaks a line")
    func fuzz() throws {
        var random = SeededRandom(seed: 3)
        let parts = [
            "eyJ", "Bearer", " ", "token", "=", ":", "\"", "\\", "://", "@", "%3D", "é", "\n",
            "pin", ".",
        ]
        let lines = Lines()
        let logger = lines.logger()
        for _ in 0..<3000 {
            let count = Int.random(in: 0...12, using: &random)
            let text = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            logger.info(text, [.init(text + "k", text)])
        }
        #expect(try lines.parsed().count == 3000)
    }
}
