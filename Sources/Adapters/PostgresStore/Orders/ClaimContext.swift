import Desk
import Postgres
import Trading

/// What a claim must know of one intent's client and account.
struct ClaimContext {
    let intent: IntentID
    private let status: Client.Status
    let capital: Money
    let usualPart: BasisPoints
    private let accountStatus: BrokerAccount.Status?
    private let sessionIsOver: Bool
    private let egressIsWrong: Bool
    /// Whether an attempt would repeat one that is proven absent.
    let isResend: Bool
    let door: SealedSession

    /// What `ClaimStatements.contexts` read.
    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        intent = columns.id()
        status = try columns.word()
        capital = columns.money()
        usualPart = BasisPoints(Int32(columns.int()))
        accountStatus = try columns.optionalWord()
        sessionIsOver = columns.bool()
        egressIsWrong = columns.bool()
        isResend = columns.bool()
        door = SealedSession(reading: &columns)
    }

    /// Why the client takes no part; nil where it does.
    var clientObstacle: Reason? {
        switch status {
        case .active: nil
        case .inactive: .clientInactive
        case .pending: .clientPending
        case .archived: .clientArchived
        }
    }

    /// Why nothing can be sent to the account; nil where it can, or the paper broker executes.
    func accountObstacle(requiresEgress: Bool) -> Reason? {
        guard door.account != nil else { return nil }
        switch accountStatus {
        case .disconnected, nil: return .noSession
        case .expired: return .sessionExpired
        case .connected where sessionIsOver: return .sessionExpired
        case .connected: break
        }
        guard door.token != nil else { return .noSession }
        if requiresEgress, door.egress == nil { return .egressMissing }
        if egressIsWrong { return .egressNotRegistered }
        return door.instrument == nil ? .noInstrumentAtBroker : nil
    }
}
