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
    /// Whether another leg of its basket was refused for its client, and that ends this one.
    let isStopped: Bool
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
        isStopped = columns.bool()
        door = SealedSession(reading: &columns)
    }

    /// Why the client takes no part; nil where it does.
    var clientObstacle: Reason? { status.obstacle }

    /// Why nothing can be sent to the account; nil where it can, or the paper broker executes.
    func accountObstacle(requiresEgress: Bool) -> Reason? {
        guard door.account != nil else { return nil }
        return AccountStanding(
            status: accountStatus,
            sessionIsOver: sessionIsOver,
            hasToken: door.token != nil,
            lacksEgress: requiresEgress && door.egress == nil,
            egressIsWrong: egressIsWrong,
            isListed: door.instrument != nil
        ).obstacles.first
    }
}
