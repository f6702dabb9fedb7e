import Desk
import Fuzzing
import Testing
import Trading

@testable import RedisCache

/// What may lie in Redis, where others write too.
@Suite("Fuzz: values in Redis", .timeLimit(.minutes(60)))
struct StoredValueFuzzTests {
    private static let samples = [
        "29505000 1795149000000000", "1795149000000000 {\"task_id\":7}",
        "1795149000000000 1 20 1795149000000000 0",
        "1795149000000000 dhan 29500000 0 0 0 -1|29495000:10:2 29490000:1:-1|29505000:7:1",
    ]
    private static let now = Timestamp(microseconds: 1_795_149_000_000_000)

    @Test
    func `a stored value is a price, a moment and a state that can be worked with, or nothing`()
        async
    {
        let mutator = Mutator(Self.samples, .table(UInt8(ascii: " ")))
        let found = await FuzzRun("redis", cases: 40_000).run { random in
            let bytes = mutator.input(&random)
            let text = String(decoding: bytes, as: UTF8.self)
            if let (price, learned) = RedisQuoteCache.read(text) {
                _ = learned.duration(to: Self.now)
                guard price.raw > 0, price <= .limit else { return "a price of \(price)" }
                _ = price.raised(by: .whole, tick: Price(raw: 500))
            }
            if let (learned, progress) = RedisProgressBoard.read(bytes) {
                _ = learned.duration(to: Self.now)
                guard progress.count < bytes.count else { return "more than there was" }
            }
            if let told = RedisBrokerHealth.Told(text, of: .dhan) {
                for moment in [told.at, told.health.lastAnswer, told.health.lastSilence] {
                    _ = moment?.duration(to: Self.now)
                }
                guard told.health.silences >= 0 else { return "\(told.health)" }
            }
            if let told = ToldDepth(words: text) {
                _ = told.at.duration(to: Self.now)
                for side in [Side.buy, .sell] {
                    guard told.depth.levels(facing: side).allSatisfy({ $0.quantity > .zero }) else {
                        return "an empty level"
                    }
                    _ = told.depth.quantity(facing: side, within: Price(raw: 1))
                }
            }
            return nil
        }
        #expect(found == nil, "\(found ?? "")")
    }
}
