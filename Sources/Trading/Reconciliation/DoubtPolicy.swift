/// What follows once the broker's books prove that an order was never placed.
///
/// A time-out proves nothing: until there is proof, no policy lets anything be sent.
package enum DoubtPolicy: Sendable, Equatable {
    /// The order ends, and whoever submitted it decides anew: the price has moved.
    case ask
    /// Sent once more as a new attempt, so many seconds after the bulk trade was accepted at the
    /// latest, and only while the market is open.
    case resend(withinSeconds: Int)

    /// The seconds that a resend may be allowed.
    package static let range = 1...3_600

    /// Reads `ask`, `resend:30s` or `resend:30`; nil for anything else.
    package init?(_ text: String) {
        if text == "ask" {
            self = .ask
            return
        }
        guard text.hasPrefix("resend:") else { return nil }
        let number = text.dropFirst("resend:".count)
        let digits = number.hasSuffix("s") ? number.dropLast() : number
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let seconds = Int(digits),
            Self.range.contains(seconds)
        else { return nil }
        self = .resend(withinSeconds: seconds)
    }

    /// The policy as people write it.
    package var text: String {
        switch self {
        case .ask: "ask"
        case .resend(let seconds): "resend:\(seconds)s"
        }
    }

    /// Why an order that is proven absent is not sent again; nil where it may be.
    package func obstacle(
        toResendAt now: Timestamp,
        acceptedAt: Timestamp,
        marketIsOpen: Bool
    ) -> Reason? {
        switch self {
        case .ask: .provenNotPlaced
        case .resend(let seconds) where acceptedAt.duration(to: now) > .seconds(seconds):
            .resendTooLate
        case .resend where !marketIsOpen: .marketClosed
        case .resend: nil
        }
    }
}
