import Fuzzing
import NATS
import Testing

/// What a server, or whoever stands in its place, may send.
@Suite("Fuzz: NATS", .timeLimit(.minutes(60)))
struct NATSFuzzTests {
    private static let samples = [
        "INFO {\"server_id\":\"A\",\"nonce\":\"PXoWU7zWAMt75FY\",\"headers\":true}\r\n+OK\r\n",
        "MSG /ld/eq/nse/price.2885 1 11\r\nhello world\r\nPING\r\n",
        "MSG a.b 7 _INBOX.1 5\r\nx\r\ny\n\r\nHMSG a.b 9 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
        "-ERR 'Permissions Violation for Subscription to \"a\"'\r\nPONG\r\n",
    ]

    /// Everything up to the first complaint, and whether there was one.
    private static func heard(_ pieces: [ArraySlice<UInt8>]) -> (all: [NATSOperation], ended: Bool)
    {
        var parser = NATSParser()
        var all: [NATSOperation] = []
        do throws(NATSError) {
            for piece in pieces {
                parser.append(Array(piece))
                while let operation = try parser.next() { all.append(operation) }
            }
        } catch {
            return (all, true)
        }
        return (all, false)
    }

    @Test func `bytes are taken apart in the same way, however they are cut into frames`() async {
        let mutator = Mutator(Self.samples, .bytes)
        let found = await FuzzRun("nats", cases: 30_000).run { random in
            let bytes = (0..<1 + random.below(4)).flatMap { _ in mutator.input(&random) }
            let whole = Self.heard([bytes[...]])
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 1 + random.below(40))
                pieces.append(bytes[start..<end])
                start = end
            }
            let cut = Self.heard(pieces)
            guard whole == cut else { return "another way when cut: \(FuzzRun.shown(bytes))" }
            let told = whole.all.reduce(0) { sum, operation in
                switch operation {
                case .info(let text): sum + text.count
                case .message(let message): sum + message.payload.count
                case .ping, .pong, .ok, .error: sum
                }
            }
            return told <= bytes.count ? nil : "more than was said: \(FuzzRun.shown(bytes))"
        }
        #expect(found == nil, "\(found ?? "")")
    }
}
