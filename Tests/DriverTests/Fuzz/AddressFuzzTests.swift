import Blocking
import Fuzzing
import Postgres
import RabbitMQ
import Redis
import Testing

@testable import HTTPServer

/// Addresses: of servers in settings, of requests on the wire.
@Suite("Fuzz: addresses", .timeLimit(.minutes(60)))
struct AddressFuzzTests {
    private static let urls = [
        "postgresql://user:pass%40word@db.example:5432/volley?sslmode=require&a=b",
        "amqp://guest:guest@[::1]:5672/%2Fvhost?heartbeat=10", "amqps://h",
        "redis://:secret@127.0.0.1:6379/3", "postgres:///x",
    ]

    @Test func `a server's URL is read or refused without showing it`() async {
        let mutator = Mutator(Self.urls, .bytes)
        let found = await FuzzRun("urls", cases: 20_000).run { random in
            let text = String(decoding: mutator.input(&random), as: UTF8.self)
            for read in Self.readers {
                do {
                    try read(text)
                } catch {
                    let words = "\(error)"
                    if words.contains("pass%40word") || words.contains("pass@word") {
                        return "a password in \(words)"
                    }
                }
            }
            return nil
        }
        #expect(found == nil, "\(found ?? "")")
    }

    private static let readers: [@Sendable (String) throws -> Void] = [
        { _ = try ServerURL($0) }, { _ = try PostgresConfiguration(url: $0) },
        { _ = try RabbitConfiguration(url: $0) }, { _ = try RedisConfiguration(url: $0) },
    ]

    @Test func `a path has as many segments as slashes divide, whatever is escaped in them`() async
    {
        let samples = [
            "/api/v1/clients/17", "/a%2Fb/%E2%82%B9/", "//", "/%00", "/%zz", "/a%20b?c=d",
        ]
        let mutator = Mutator(samples, .table(UInt8(ascii: "/")))
        let found = await FuzzRun("paths", cases: 30_000).run { random in
            let path = mutator.input(&random)
            guard let segments = PercentEncoding.segments(ofPath: path) else { return nil }
            let slashes = path.count { $0 == UInt8(ascii: "/") }
            if segments.count > slashes + 1 { return "\(segments)" }
            // A zero that was escaped is refused; the server lets no bare one in.
            let isWhole = path.contains(0) || !segments.contains { $0.utf8.contains(0) }
            return isWhole ? nil : "a zero in \(segments)"
        }
        #expect(found == nil, "\(found ?? "")")
    }
}
