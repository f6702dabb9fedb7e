import Testing
import Trading

@Suite struct BrokerReferenceTests {
    @Test("A reference is 18 capital letters and digits, which every broker's field takes")
    func shape() {
        var random = Seeded(seed: 4)
        let largest: Int64 = (1 << 60) - 1
        for id in [0, 1, 31, 32, largest]
            + (0..<2000).map({ _ in Int64.random(in: 0...largest, using: &random) })
        {
            let text = BrokerReference.make(IntentID(id), attempt: 1, mark: "7AZ")
            #expect(text.utf8.count == 18)
            #expect((8...20).contains(text.utf8.count))
            #expect(
                text.utf8.allSatisfy {
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                }
            )
        }
    }

    @Test("Different intents, attempts and marks have different references")
    func unique() {
        var seen: Set<String> = []
        var made = 0
        for id in Array(0..<3000) + [1 << 20, 1 << 35, (1 << 60) - 1].map(Int64.init) {
            for attempt in [1, 2, 31, 32, 1023] as [Int16] {
                for mark in ["000", "7AZ"] {
                    seen.insert(
                        BrokerReference.make(IntentID(id), attempt: attempt, mark: mark)
                    )
                    made += 1
                }
            }
        }
        #expect(seen.count == made)
    }

    @Test("The same attempt has the same reference, whoever makes it")
    func stable() {
        #expect(
            BrokerReference.make(IntentID(33), attempt: 2, mark: "7AZ") == "V7AZ00000000001102"
        )
    }
}
