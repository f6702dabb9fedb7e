import Desk
import Postgres
import Trading

/// The states of an attempt; at most one attempt of an intent is in the first three.
enum AttemptState: String {
    case sending = "SENDING"
    case accepted = "ACCEPTED"
    case unknown = "UNKNOWN"
    case refused = "REFUSED"
    case notSent = "NOT_SENT"
    /// The books prove that it never came to be.
    case absent = "ABSENT"
}

/// An intent's latest attempt, read under the intent's lock.
struct AttemptRow {
    let intent: IntentID
    let number: Int16
    var state: AttemptState
    var fence: Int64
    /// Whether its worker's time is over.
    let leaseIsOver: Bool
    let sentAt: Timestamp
    let leaseUntil: Timestamp
    var looks: Int
    let reference: String
    var brokerWords: String?
    /// The database's time when this was read.
    let readAt: Timestamp

    /// Whether this change tells what the broker answered, or failed to.
    var isAnswered = false
    /// What came back, in words; nil leaves what is there.
    var outcome: String?
    var brokerOrderID: String?
    /// Whether this change tells that the broker says it has the order.
    var isClaimed = false

    /// What `OrderStatements.latestAttempts` read.
    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        intent = columns.id()
        number = Int16(columns.int())
        state = try columns.word()
        fence = columns.int()
        leaseIsOver = columns.bool()
        sentAt = columns.timestamp()
        leaseUntil = columns.timestamp()
        looks = Int(columns.int())
        reference = columns.text()
        brokerWords = columns.optionalText()
        readAt = columns.timestamp()
    }

    /// How long ago the send began.
    var age: Duration { sentAt.duration(to: readAt) }
}
