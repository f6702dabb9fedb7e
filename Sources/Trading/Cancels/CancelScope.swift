/// Which orders a cancellation is about: those of trades that were accepted before it.
package enum CancelScope: Sendable, Hashable {
    /// All orders of a bulk trade, also those that are not planned yet.
    case task(TaskID)
    /// An order with all its slices, whichever of them is named.
    case order(IntentID)
    case client(ClientID)
    case instrument(InstrumentID)
    /// Whatever is open.
    case everything

    /// Why an order ends that it reaches before anything was sent.
    package var reason: Reason {
        switch self {
        case .task: .taskCancelled
        case .order, .client, .instrument, .everything: .orderCancelled
        }
    }

    /// Whether orders that have ended are told of too: somebody named just these.
    package var tellsOfEnded: Bool {
        switch self {
        case .task, .order: true
        case .client, .instrument, .everything: false
        }
    }
}

/// Names what a cancellation's id counts.
package enum Cancelling {}

/// A cancellation's id.
package typealias CancellationID = ID<Cancelling>
