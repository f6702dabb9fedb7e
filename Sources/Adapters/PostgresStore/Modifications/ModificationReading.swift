import Desk
import Postgres
import Trading

extension OrderShape {
    /// Four columns: quantity, kind, price, trigger price.
    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            quantity: columns.quantity(),
            type: try columns.word(),
            price: columns.optionalPrice(),
            trigger: columns.optionalPrice()
        )
    }

    /// The same as values of a statement.
    var values: [PostgresValue] {
        [
            .int(quantity.raw), .text(type.rawValue), .optional(price?.raw),
            .optional(trigger?.raw),
        ]
    }
}

extension Modification {
    /// What the statements of `ModificationStatements` read of one.
    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            id: columns.id(),
            order: columns.id(),
            task: columns.id(),
            client: columns.id(),
            trader: columns.id(),
            state: try columns.word(),
            before: try OrderShape(reading: &columns),
            wanted: try OrderShape(reading: &columns),
            heldMore: columns.money(),
            reservedMore: columns.quantity(),
            released: columns.money(),
            releasedShares: columns.quantity(),
            tries: Int(columns.int()),
            reason: try columns.optionalWord(),
            words: columns.optionalText(),
            askedAt: columns.timestamp(),
            endedAt: columns.optionalTimestamp()
        )
    }
}

extension OpenModification {
    /// What `ModificationStatements.open` read.
    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        let id: ModificationID = columns.id()
        let (intent, task): (IntentID, TaskID) = (columns.id(), columns.id())
        let broker: BrokerName = try columns.word()
        let account: AccountID? = columns.optionalID()
        let (trader, client): (TraderID, ClientID) = (columns.id(), columns.id())
        self.init(
            id: id,
            job: OrderJob(intent: intent, task: task, broker: broker, account: account),
            owner: OrderOwner(trader: trader, client: client),
            state: try columns.word(),
            before: try OrderShape(reading: &columns),
            wanted: try OrderShape(reading: &columns),
            tries: Int(columns.int()),
            isAbandoned: columns.bool(),
            sentAt: columns.optionalTimestamp(),
            brokerSpoke: columns.bool(),
            looks: Int(columns.int()),
            takenAt: columns.optionalTimestamp()
        )
    }
}

/// One change as locked by a batch, changed in memory and written once.
struct ModificationRow {
    let id: ModificationID
    let intent: IntentID
    private(set) var state: ModificationState
    let before: OrderShape
    let wanted: OrderShape
    /// From which price the new shape's cash follows.
    let sizingPrice: Price
    var tries: Int
    /// Whether its worker's time is over.
    let leaseIsOver: Bool
    var looks: Int
    let tick: Price
    var spoke = false
    var isAnswered = false
    var reason: Reason?
    var words: String?
    var released = Money.zero
    var releasedShares = Quantity.zero
    /// From now until a message must bring it; nil once it has ended.
    var dueIn: Duration?

    /// What `ModificationStatements.lock` read.
    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        id = columns.id()
        intent = columns.id()
        state = try columns.word()
        before = try OrderShape(reading: &columns)
        wanted = try OrderShape(reading: &columns)
        sizingPrice = columns.price()
        tries = Int(columns.int())
        leaseIsOver = columns.bool()
        looks = Int(columns.int())
        tick = columns.price()
    }

    /// Whether what an ended order has filled could not have been filled without the change.
    func isShown(byFilled filled: Quantity) -> Bool {
        OrderShape.isShown(wanted, before, byFilled: filled)
    }

    /// Moves the state on.
    mutating func apply(_ event: ModificationEvent) throws(ImpossibleModification) {
        state = try state.after(event)
    }
}
