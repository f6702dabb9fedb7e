import Desk
import Postgres
import Trading

/// One intent as locked by a batch, changed in memory and written once.
struct IntentRow {
    let id: IntentID
    let task: TaskID
    let client: ClientID
    let broker: BrokerName
    let account: AccountID?
    private(set) var state: OrderState
    var reason: Reason?
    var note: String?
    var quantity: Quantity
    var sizingPrice: Price?
    /// Cash still held for what is not filled.
    var held: Money
    /// Shares still reserved for a sale that is not filled.
    var reserved: Quantity
    var filled: Quantity
    var filledValue: Money
    /// Of that, what was lent.
    var borrowed: Money
    var attempts: Int16
    var brokerOrderID: String?
    /// Why the order ends if it was never sent, where somebody wishes it cancelled.
    ///
    /// Written where the wish is made and where it ends, not with the row.
    var cancelWish: Reason?
    /// The larger of both quantities while a change of the order has not ended.
    ///
    /// Written where the change begins and where it ends, not with the row.
    var ceiling: Quantity?
    /// Whether it is one of several slices; written where they are made.
    let isSlice: Bool
    let trader: TraderID
    let instrument: InstrumentID
    let side: Side
    let symbol: String
    /// Whether it waits behind its client's sales of the same basket.
    let isHeldBack: Bool
    let product: Product
    /// The quantity that it has of its own, whatever its trade says: a slice's, what a preflight has
    /// shown, or the client's in a listed trade; written where it is planned or cut.
    let ownQuantity: Quantity?
    /// How many times its own money it may cost.
    let leverage: Leverage
    /// From now until the scheduler asks the books; nil where nobody needs to.
    var lookIn: Duration?
    /// Whether the books have just told all of it.
    var isSeen = false

    /// What `OrderStatements.lockIntents` read.
    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        id = columns.id()
        task = columns.id()
        client = columns.id()
        broker = try columns.word()
        account = columns.optionalID()
        state = try columns.word()
        reason = try columns.optionalWord()
        note = columns.optionalText()
        quantity = columns.quantity()
        sizingPrice = columns.optionalPrice()
        held = columns.money()
        reserved = columns.quantity()
        filled = columns.quantity()
        filledValue = columns.money()
        attempts = Int16(columns.int())
        brokerOrderID = columns.optionalText()
        cancelWish = try columns.optionalWord()
        ceiling = columns.optionalInt().map { Quantity($0) }
        isSlice = columns.bool()
        trader = columns.id()
        instrument = columns.id()
        side = try columns.word()
        symbol = columns.text()
        isHeldBack = columns.bool()
        product = try columns.word()
        leverage = columns.optionalInt().map { Leverage(Int32($0)) } ?? .once
        borrowed = columns.money()
        ownQuantity = columns.optionalInt().map { Quantity($0) }
    }

    /// Moves the state on.
    mutating func apply(_ event: OrderEvent) throws(ImpossibleTransition) {
        state = try state.after(event)
    }

    var job: OrderJob { OrderJob(intent: id, task: task, broker: broker, account: account) }

    /// What a halt switch may know it by.
    var haltSubject: HaltSubject {
        HaltSubject(trader: trader, client: client, broker: broker, instrument: instrument)
    }

    var holdingKey: LedgerBook.HoldingKey {
        LedgerBook.HoldingKey(
            client: client,
            shares: ShareKey(instrument, boughtAs: product)
        )
    }
}
