import Fuzzing
import Testing

@testable import BrokerFaces

/// What clients of Groww's simulated socket may say.
@Suite("Fuzz: Groww's socket", .timeLimit(.minutes(60)))
struct GrowwSocketFuzzTests {
    private static let samples = [
        "CONNECT {\"jwt\":\"T\",\"sig\":\"S\",\"verbose\":true}\r\nPING\r\nPONG\r\n",
        "SUB /ld/eq/nse/price.2885  1\r\nSUB stocks/order/updates.apex.own q 2\r\nUNSUB 1 5\r\n",
        "PUB a 5\r\nhello\r\nHPUB a b 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPING\r\n",
    ]
    private static let known = GrowwSocketToken(
        account: 0,
        session: "",
        key: "",
        subscription: "own"
    )

    /// What comes of the words, up to the last ones, and what is subscribed to then.
    private static func told(_ pieces: [[UInt8]]) -> ([GrowwSocketTalk.Outcome], [String: String]) {
        var talk = GrowwSocketTalk(nonce: "N", mostSubscriptions: 3)
        var outcomes: [GrowwSocketTalk.Outcome] = []
        for piece in pieces {
            // A second time for what stands behind the introduction.
            for words in [piece, []] {
                outcomes += talk.hear(words) { token, signature, nonce in
                    token == "T" && signature == "S" && nonce == "N" ? known : nil
                }
                if case .end? = outcomes.last { return (outcomes, talk.subjects) }
            }
        }
        return (outcomes, talk.subjects)
    }

    @Test func `words come to the same, however they are cut, and subscriptions stay few`() async {
        let mutator = Mutator(Self.samples, .bytes)
        let found = await FuzzRun("groww-socket", cases: 20_000).run { random in
            let isKnown = random.chance(80)
            let words =
                Array((isKnown ? Self.samples[0] : "").utf8)
                + (0..<1 + random.below(3)).flatMap { _ in mutator.input(&random) }
            let whole = Self.told([words])
            var pieces: [[UInt8]] = []
            var start = 0
            while start < words.count {
                let end = min(words.count, start + 1 + random.below(60))
                pieces.append(Array(words[start..<end]))
                start = end
            }
            guard whole == Self.told(pieces) else {
                return "another way when cut: \(FuzzRun.shown(words))"
            }
            return whole.1.count <= 3 ? nil : "too many subscriptions"
        }
        #expect(found == nil, "\(found ?? "")")
    }

    @Test("A key that is spelled otherwise is none")
    func keys() {
        let good = "UB43KVROR7TFJ6KAPCYRF2FJROTZAH4FHLTJLPWX4DRZCC5NASLGJBFE"
        #expect(GrowwSocketKey(good)?.bytes.count == 32)
        for bad in ["", "UNKEYPUBLIC", good.lowercased(), good + "A", good + "=", "S" + good] {
            #expect(GrowwSocketKey(bad) == nil)
        }
        for place in good.indices {
            var other = good
            other.replaceSubrange(place...place, with: good[place] == "A" ? "B" : "A")
            #expect(GrowwSocketKey(other) == nil)
        }
    }
}
