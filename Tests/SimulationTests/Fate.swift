import Desk
import Synchronization
import Trading

/// What becomes of one placement, decided as it leaves.
struct Fate: Sendable, CustomStringConvertible {
    struct Booking: Sendable {
        /// From the send until the broker books it.
        let delay: Int64
        var isDoomed = false
        var hiddenFor: Int64 = 0
    }
    /// Where the broker writes the order's number.
    final class Slip: Sendable {
        private let number = Mutex<String?>(nil)
        func write(_ text: String) { number.withLock { $0 = text } }
        var text: String? { number.withLock { $0 } }
    }
    private enum Reply: Sendable {
        case number
        case said(PlacementAnswer)
    }

    let description: String
    /// Nil: the broker never hears of it.
    let booking: Booking?
    let answerAfter: Int64
    let slip = Slip()
    private let reply: Reply

    private init(_ description: String, _ booking: Booking?, _ after: Int64, _ reply: Reply) {
        self.description = description
        self.booking = booking
        answerAfter = after
        self.reply = reply
    }

    /// What the sender hears.
    func answer() -> PlacementAnswer {
        switch reply {
        case .said(let answer): answer
        case .number:
            slip.text.map { .accepted(brokerOrderID: $0) }
                ?? .unanswered(cause: "garbled", words: nil)
        }
    }

    private static let silence = PlacementAnswer.unanswered(cause: "timeout", words: nil)

    init(chosenBy kernel: Kernel) {
        let quick = kernel.within(2 * Microseconds.millisecond...200 * Microseconds.millisecond)
        let patience = SimulatedBroker.patience
        if kernel.happens(.connectFails) {
            self.init("no connection", nil, quick, .said(.notSent("connection refused")))
        } else if kernel.happens(.tooManyCalls) {
            let answer = PlacementAnswer.unanswered(cause: BrokerLimit.cause, words: "slow down")
            self.init("429", nil, quick, .said(answer))
        } else if kernel.happens(.refused) {
            let answer = PlacementAnswer.refused(.brokerRefused, words: "no margin")
            self.init("refused", nil, quick, .said(answer))
        } else if kernel.happens(.requestLost) {
            self.init("request lost", nil, patience, .said(Self.silence))
        } else if kernel.happens(.wordsNotPlaced) {
            let answer = PlacementAnswer.unanswered(cause: "400", words: "please check")
            self.init("words, not placed", nil, quick, .said(answer))
        } else if kernel.happens(.wordsThoughPlaced) {
            // The broker spoke: its books show the order within the lag that it declares.
            let hidden = kernel.happens(.hidden) ? kernel.below(SimulatedBroker.visibilityLag) : 0
            let answer = PlacementAnswer.unanswered(cause: "400", words: "please check")
            let booking = Booking(delay: quick / 2, hiddenFor: hidden)
            self.init("words though placed, hidden \(hidden)", booking, quick, .said(answer))
        } else {
            self.init(placedBy: kernel, quick: quick)
        }
    }

    private init(placedBy kernel: Kernel, quick: Int64) {
        let patience = SimulatedBroker.patience
        var booking = Booking(delay: quick / 2)
        var text = "placed"
        if kernel.happens(.brokerSlow) {
            booking = Booking(delay: kernel.below(SimulatedBroker.greatestLag))
            text = "placed late"
        }
        if kernel.happens(.hidden) {
            booking.hiddenFor = kernel.below(SimulatedBroker.greatestLag - booking.delay)
            text += ", hidden \(booking.hiddenFor)"
        }
        if kernel.happens(.rejectedLater) {
            booking.isDoomed = true
            text += ", then rejected"
        }
        if kernel.happens(.answerLost) {
            self.init(text + ", answer lost", booking, patience, .said(Self.silence))
        } else if kernel.happens(.errorThoughPlaced) {
            let answer = PlacementAnswer.unanswered(cause: "504", words: nil)
            self.init(text + ", 504", booking, min(quick, patience), .said(answer))
        } else if booking.delay + quick > patience {
            self.init(text + ", timeout", booking, patience, .said(Self.silence))
        } else {
            self.init(text, booking, booking.delay + quick, .number)
        }
    }
}
