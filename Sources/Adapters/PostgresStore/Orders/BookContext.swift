import Desk
import Postgres
import Trading

/// What is needed to ask a broker's books for one intent.
struct BookContext {
    let intent: IntentID
    let terms: OrderTerms
    let door: SealedSession
    /// When the attempt's send was over at the latest; nil where it is not UNKNOWN yet.
    let unknownSince: Timestamp?
    let absences: Int
    /// Whether the broker said that it has the order.
    let isClaimed: Bool

    /// What `BookStatements.contexts` read.
    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        intent = columns.id()
        terms = try OrderTerms(reading: &columns)
        door = SealedSession(reading: &columns)
        unknownSince = columns.optionalTimestamp()
        absences = Int(columns.int())
        isClaimed = columns.bool()
    }
}
