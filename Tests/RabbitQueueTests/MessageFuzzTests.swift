import Desk
import Fuzzing
import Testing
import Trading

@testable import RabbitQueue

/// What may lie in a queue.
@Suite("Fuzz: messages", .timeLimit(.minutes(60)))
struct MessageFuzzTests {
    private static let samples = [
        "plan 7", "order small 1 7 dhan 42", "order large 9223372036854775807 7 paper -",
        "doubt 1 7 zerodha 42", "cancel 1 7 upstox -", "look groww 1 7 42 2 7 - 3 8 9",
        "orders dhan 1 7 42 2 7 43",
    ]

    @Test func `a message is understood as it would be written, or not at all`() async {
        let mutator = Mutator(Self.samples, .table(UInt8(ascii: " ")))
        let found = await FuzzRun("messages", cases: 40_000).run { random in
            let bytes = mutator.input(&random)
            guard let message = MessageText.decode(bytes) else { return nil }
            let again = MessageText.decode(MessageText.encode(message))
            return again == message ? nil : "\(message) of \(FuzzRun.shown(bytes))"
        }
        #expect(found == nil, "\(found ?? "")")
    }
}
