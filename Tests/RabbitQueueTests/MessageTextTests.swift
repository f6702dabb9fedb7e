import Desk
import Testing
import Trading

@testable import RabbitQueue

@Suite("Message text")
struct MessageTextTests {
    private static let job = OrderJob(
        intent: IntentID(.max),
        task: TaskID(7),
        broker: .dhan,
        account: AccountID(42)
    )
    private static let paper = OrderJob(
        intent: IntentID(2),
        task: TaskID(7),
        broker: .paper,
        account: nil
    )
    private static let sixtyFour = (0..<64).map { number in
        OrderJob(
            intent: IntentID(Int64(number)),
            task: TaskID(1),
            broker: .dhan,
            account: number % 2 == 0 ? AccountID(Int64(number)) : nil
        )
    }

    @Test(
        "Every kind of message comes back as it went",
        arguments: [
            .plan(TaskID(7)), .order(job, small: true), .order(job, small: false),
            .order(paper, small: true), .doubt(job), .doubt(paper), .cancel(job), .cancel(paper),
            .modify(job), .modify(paper),
            .look(.dhan, [job]),
            .look(.paper, [paper]), .look(.dhan, sixtyFour),
            .orders(.dhan, [job]), .orders(.paper, [paper]), .orders(.dhan, sixtyFour),
        ] as [QueueMessage]
    )
    func roundTrip(message: QueueMessage) {
        #expect(MessageText.decode(MessageText.encode(message)) == message)
    }

    @Test("An order for later comes back as an order")
    func later() {
        let message = QueueMessage.orderLater(Self.job, small: true, .seconds(60))
        #expect(MessageText.decode(MessageText.encode(message)) == .order(Self.job, small: true))
        let several = QueueMessage.ordersLater(.dhan, Self.sixtyFour, .seconds(60))
        let read = MessageText.decode(MessageText.encode(several))
        #expect(read == .orders(.dhan, Self.sixtyFour))
    }

    @Test("The text is words and numbers")
    func wording() {
        let text = { String(decoding: MessageText.encode($0), as: UTF8.self) }
        #expect(text(.plan(TaskID(7))) == "plan 7")
        #expect(text(.order(Self.paper, small: false)) == "order large 2 7 paper -")
        #expect(text(.doubt(Self.paper)) == "doubt 2 7 paper -")
        #expect(text(.cancel(Self.paper)) == "cancel 2 7 paper -")
        #expect(text(.look(.paper, [Self.paper])) == "look paper 2 7 -")
    }

    @Test(
        "Garbage is refused",
        arguments: [
            "", " ", "plan", "plan x", "plan 1 2", "plan 9223372036854775808", "PLAN 1",
            "order small 1 2 dhan", "order tiny 1 2 dhan 3", "order small x 2 dhan 3",
            "order small 1 x dhan 3", "order small 1 2 nobody 3", "order small 1 2 dhan x",
            "order small 1 2 dhan 3 4", "doubt 1 2 dhan", "doubt 1 2 nobody 3", "doubt 1 2 dhan --",
            "orders", "orders dhan", "orders dhan 1 2", "orders nobody 1 2 3",
            "orders dhan 1 2 3 4",
            "orders dhan 1 2 x", "look", "look dhan", "look dhan 1", "look dhan 1 2",
            "look nobody 1 2 3",
            "look dhan 1 2 3 4", "look dhan 1 2 3 4 5 x", "{\"plan\":1}", "\u{0}", "plan\u{0}1",
        ]
    )
    func garbage(text: String) {
        #expect(MessageText.decode(Array(text.utf8)) == nil)
    }

    @Test("Bytes that are no text are refused")
    func noText() {
        #expect(MessageText.decode([0xFF, 0xFE, 0x20, 0x80]) == nil)
        #expect(MessageText.decode(Array("plan 1".utf8) + [0xFF]) == nil)
    }
}
