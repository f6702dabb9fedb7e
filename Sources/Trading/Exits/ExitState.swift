/// What somebody wishes to leave: everything that a trader's clients hold, or a part of it.
package enum ExitScope: Sendable, Hashable {
    case client(ClientID)
    case instrument(InstrumentID)
    /// All clients of the trader.
    case everything

    /// What is cancelled before anything is sold.
    package var cancels: CancelScope {
        switch self {
        case .client(let id): .client(id)
        case .instrument(let id): .instrument(id)
        case .everything: .everything
        }
    }
}

/// How far an exit has come; the word is stable and appears in answers.
package enum ExitState: String, Sendable, CaseIterable {
    /// What is open is being cancelled; nothing is sold yet.
    case cancelling = "CANCELLING"
    /// What was held and free is being sold.
    case selling = "SELLING"
    /// Every sale is known to be placed, refused or skipped.
    case complete = "COMPLETE"

    /// So long an exit waits for its cancels before it sells what is free by then.
    package static let patience: Duration = .seconds(60)
}

/// Names what an exit's id counts.
package enum Exiting {}

/// An exit's id.
package typealias ExitID = ID<Exiting>
