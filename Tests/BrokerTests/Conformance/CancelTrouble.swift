import Desk
import Testing

/// One way in which a cancel goes wrong, or well, and what it leaves at the broker.
struct CancelTrouble: Sendable, CustomTestStringConvertible {
    let name: String
    /// The sandbox's fault; nil: none.
    var fault: String?
    /// How many calls suffer it; nil: all, since an adapter may ask a second time by itself.
    var times: Int?
    let outcome: CancelClass
    /// Whether the broker has cancelled the order, whatever it said.
    let isCancelled: Bool

    var testDescription: String { name }

    static let all = [
        CancelTrouble(name: "done", outcome: .taken, isCancelled: true),
        CancelTrouble(
            name: "said to be done, and not done",
            fault: "cancel_ignored",
            outcome: .taken,
            isCancelled: false
        ),
        CancelTrouble(
            name: "done, the answer dropped",
            fault: "drop_after_booking",
            outcome: .unanswered,
            isCancelled: true
        ),
        CancelTrouble(
            name: "done, the answer dropped, and asked again by the adapter",
            fault: "drop_after_booking",
            times: 1,
            outcome: .refused,
            isCancelled: true
        ),
        CancelTrouble(
            name: "dropped before it was done",
            fault: "drop_before_booking",
            outcome: .unanswered,
            isCancelled: false
        ),
        CancelTrouble(name: "reset", fault: "reset", outcome: .unanswered, isCancelled: true),
        CancelTrouble(
            name: "reset in mid-body",
            fault: "reset_mid_body",
            outcome: .unanswered,
            isCancelled: true
        ),
        CancelTrouble(
            name: "500, nothing done",
            fault: "status_500",
            outcome: .unanswered,
            isCancelled: false
        ),
        CancelTrouble(
            name: "503, nothing done",
            fault: "status_503",
            outcome: .unanswered,
            isCancelled: false
        ),
        CancelTrouble(
            name: "504, but done",
            fault: "status_504_but_placed",
            outcome: .unanswered,
            isCancelled: true
        ),
        CancelTrouble(
            name: "400, but done",
            fault: "status_400_but_placed",
            outcome: .refused,
            isCancelled: true
        ),
        CancelTrouble(name: "429", fault: "status_429", outcome: .limited, isCancelled: false),
        CancelTrouble(
            name: "the token has expired",
            fault: "token_expired",
            outcome: .sessionEnded,
            isCancelled: false
        ),
        CancelTrouble(
            name: "garbage under status 200",
            fault: "garbage_body",
            outcome: .unanswered,
            isCancelled: true
        ),
        CancelTrouble(
            name: "an error under status 200",
            fault: "error_with_200",
            outcome: .refused,
            isCancelled: false
        ),
    ]
}

/// What became of a cancel, in the classes that the desk knows.
enum CancelClass: Sendable, Equatable {
    case taken, refused, unanswered, limited, sessionEnded

    /// Asks the broker once.
    static func of(_ broker: any Broker, _ order: LiveOrder) async -> CancelClass {
        do throws(BrokerFailure) {
            try await broker.cancel(order)
            return .taken
        } catch {
            return switch error {
            case .refused: .refused
            case .unreachable: .unanswered
            case .limited: .limited
            case .sessionEnded: .sessionEnded
            }
        }
    }
}

extension LiveOrder {
    /// The same order, which somebody wishes cancelled.
    var wishedCancelled: LiveOrder {
        LiveOrder(
            job: job,
            brokerOrderID: brokerOrderID,
            reference: reference,
            terms: terms,
            quantity: quantity,
            filled: filled,
            sizingPrice: sizingPrice,
            session: session,
            isCancelAsked: true
        )
    }
}
