import Desk
import Postgres
import Trading

/// The money and shares of one batch's clients: read under lock, changed in memory, written once.
///
/// Orders of one client in one batch see each other's holds here. The rows stay locked from the
/// read to the commit, so that absolute values can be written.
struct LedgerBook {
    /// Names one client's holding.
    struct HoldingKey: Hashable {
        let client: ClientID
        let shares: ShareKey
    }

    private var funds: [ClientID: Funds] = [:]
    private let rows: Set<ClientID>
    private var holdings: [HoldingKey: Holding] = [:]
    private var changedFunds: Set<ClientID> = []
    private var changedHoldings: Set<HoldingKey> = []
    private var transfers: [Entry] = []

    private struct Entry {
        let client: ClientID
        let intent: IntentID
        let transfer: Transfer
    }

    /// The book of what `LedgerStatements.lockFunds` and `.holdings` read.
    init(funds: PostgresRows, holdings: PostgresRows) throws(StoreFailure) {
        for row in funds {
            var columns = Columns(row)
            let client: ClientID = columns.id()
            self.funds[client] = Funds(reading: &columns)
        }
        rows = Set(self.funds.keys)
        for row in holdings {
            var columns = Columns(row)
            let key = HoldingKey(client: columns.id(), shares: try ShareKey(reading: &columns))
            self.holdings[key] = Holding(
                quantity: columns.quantity(),
                reserved: columns.quantity(),
                cost: columns.money(),
                borrowed: columns.money()
            )
        }
    }

    /// The client's money as it now stands.
    func funds(of client: ClientID) -> Funds { funds[client] ?? Funds() }

    /// The client's shares as they now stand.
    func holding(_ key: HoldingKey) -> Holding { holdings[key] ?? Holding() }

    /// Promises cash to an intent; false where there is not so much.
    mutating func hold(_ amount: Money, for intent: IntentRow) -> Bool {
        guard amount > .zero else { return true }
        var funds = funds(of: intent.client)
        guard let transfers = funds.hold(amount) else { return false }
        post(transfers, making: funds, for: intent)
        return true
    }

    /// Promises shares to an intent; false where there are not so many.
    mutating func reserve(_ shares: Quantity, for intent: IntentRow) -> Bool {
        guard shares > .zero else { return true }
        var holding = holding(intent.holdingKey)
        guard holding.reserve(shares) else { return false }
        put(holding, for: intent.holdingKey)
        return true
    }

    /// Gives back whatever the intent still holds or reserves.
    mutating func releaseAll(of intent: inout IntentRow) {
        if intent.held > .zero {
            var funds = funds(of: intent.client)
            let transfers = funds.release(intent.held)
            post(transfers, making: funds, for: intent)
            intent.held = .zero
        }
        if intent.reserved > .zero {
            var holding = holding(intent.holdingKey)
            holding.release(intent.reserved)
            put(holding, for: intent.holdingKey)
            intent.reserved = .zero
        }
    }

    /// Gives back a part of what the intent holds and reserves.
    mutating func release(_ part: ModificationRelease, of intent: inout IntentRow) {
        if part.cash > .zero {
            var funds = funds(of: intent.client)
            let transfers = funds.release(part.cash)
            post(transfers, making: funds, for: intent)
            intent.held -= part.cash
        }
        if part.shares > .zero {
            var holding = holding(intent.holdingKey)
            holding.release(part.shares)
            put(holding, for: intent.holdingKey)
            intent.reserved = intent.reserved - part.shares
        }
    }

    /// Books a bought fill: what is lent for it by the lender, the rest from what the intent holds
    /// first, then from cash, then on credit.
    mutating func buy(_ shares: Quantity, for cost: Money, by intent: inout IntentRow) {
        var funds = funds(of: intent.client)
        var holding = holding(intent.holdingKey)
        let (transfers, own) = Booking.buy(
            shares,
            for: cost,
            fromHeld: intent.held,
            at: intent.leverage,
            &funds,
            &holding
        )
        post(transfers, making: funds, for: intent)
        put(holding, for: intent.holdingKey)
        intent.held -= min(own, intent.held)
        intent.borrowed += cost - own
    }

    /// Books a sold fill out of the intent's reservation, then out of free shares.
    ///
    /// - Returns: shares that were sold though the client holds none: no money moves for these,
    ///   since our books cannot say what they had cost or whose they were.
    mutating func sell(_ shares: Quantity, at price: Price, by intent: inout IntentRow) -> Quantity
    {
        var funds = funds(of: intent.client)
        var holding = holding(intent.holdingKey)
        let (transfers, sold, promised) = Booking.sell(
            shares,
            at: price,
            reserved: intent.reserved,
            &funds,
            &holding
        )
        if sold > .zero {
            post(transfers, making: funds, for: intent)
            put(holding, for: intent.holdingKey)
            intent.reserved = intent.reserved - promised
        }
        return shares - sold
    }

    /// The calls that write what has changed.
    func writes() throws(StoreFailure) -> [Call] {
        if let client = changedFunds.first(where: { !rows.contains($0) }) {
            throw .broken("client \(client) has no funds row")
        }
        var calls: [Call] = []
        if !changedFunds.isEmpty { calls.append(fundsWrite) }
        if !changedHoldings.isEmpty { calls.append(holdingsWrite) }
        if !transfers.isEmpty { calls.append(transfersWrite) }
        return calls
    }

    private mutating func post(_ new: [Transfer], making funds: Funds, for intent: IntentRow) {
        self.funds[intent.client] = funds
        changedFunds.insert(intent.client)
        for transfer in new {
            transfers.append(Entry(client: intent.client, intent: intent.id, transfer: transfer))
        }
    }

    private mutating func put(_ holding: Holding, for key: HoldingKey) {
        holdings[key] = holding
        changedHoldings.insert(key)
    }

    private var fundsWrite: Call {
        let clients = changedFunds.sorted()
        let rows = clients.map { funds(of: $0) }
        let columns: [PostgresValue] = Funds.columnOrder.map { account in
            .ints(rows.map { $0[account].paise })
        }
        return (LedgerStatements.updateFunds, [.ints(clients.map(\.raw))] + columns)
    }

    private var holdingsWrite: Call {
        let keys = changedHoldings.sorted {
            ($0.client, $0.shares) < ($1.client, $1.shares)
        }
        let rows = keys.map { holding($0) }
        return (
            LedgerStatements.putHoldings,
            [
                .ints(keys.map(\.client.raw)), .ints(keys.map(\.shares.instrument.raw)),
                .texts(keys.map(\.shares.product.rawValue)), .ints(rows.map(\.quantity.raw)),
                .ints(rows.map(\.reserved.raw)),
                .ints(rows.map(\.cost.paise)), .ints(rows.map(\.borrowed.paise)),
            ]
        )
    }

    private var transfersWrite: Call {
        (
            LedgerStatements.insertTransfers,
            [
                .ints(transfers.map(\.client.raw)), .ints(transfers.map(\.intent.raw)),
                .texts(transfers.map(\.transfer.kind.rawValue)),
                .texts(transfers.map(\.transfer.debit.rawValue)),
                .texts(transfers.map(\.transfer.credit.rawValue)),
                .ints(transfers.map(\.transfer.amount.paise)),
            ]
        )
    }
}

extension Funds {
    /// The columns of `funds` after the client's id.
    static let columnOrder: [Account] = [
        .available, .held, .invested, .realisedLoss, .withdrawn, .interest, .deposited,
        .realisedGain, .shortfall, .borrowed,
    ]

    /// These columns of a table, in the order of `columnOrder`.
    static func columns(of table: String) -> String {
        columnOrder.map { "\(table).\($0.rawValue)" }.joined(separator: ", ")
    }

    /// Their sums over rows of a table.
    static func sums(of table: String) -> String {
        columnOrder.map { "coalesce(sum(\(table).\($0.rawValue)), 0)::bigint" }
            .joined(separator: ", ")
    }

    /// The balances in the order of `columnOrder`.
    init(reading columns: inout Columns) {
        self.init(
            available: columns.money(),
            held: columns.money(),
            invested: columns.money(),
            realisedLoss: columns.money(),
            withdrawn: columns.money(),
            interest: columns.money(),
            deposited: columns.money(),
            realisedGain: columns.money(),
            shortfall: columns.money(),
            borrowed: columns.money()
        )
    }
}

extension ShareKey {
    /// An instrument's id, and the product that shares are held as.
    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(columns.id(), boughtAs: try columns.word())
    }
}

extension Product {
    /// SQL of `Product.heldAs`.
    static func heldAs(_ product: String) -> String {
        "CASE \(product) WHEN 'MTF' THEN 'MTF' ELSE 'CNC' END"
    }
}
