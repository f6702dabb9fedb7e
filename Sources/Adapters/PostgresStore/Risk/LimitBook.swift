import Desk
import Postgres
import Trading

/// The limits of one batch's clients, and what their orders have come to: read under the lock of the
/// clients' money, counted on in memory, so that orders of one batch see each other.
struct LimitBook {
    /// A position is all that a client holds of an instrument, whatever it is held as.
    fileprivate struct Key: Hashable {
        let client: ClientID
        let instrument: InstrumentID
    }
    private struct Row {
        let limits: OrderLimits
        var basis: LimitBasis
    }

    /// Clients without any limit are not among them.
    private var rows: [Key: Row] = [:]
    private var sent: [ClientID: Int] = [:]

    /// What `LimitStatements.bases` read.
    init(_ read: PostgresRows) {
        for row in read {
            var columns = Columns(row)
            let key = Key(client: columns.id(), instrument: columns.id())
            let capital = columns.money()
            let limits = OrderLimits(reading: &columns).and(OrderLimits(reading: &columns))
            let basis = LimitBasis(
                capital: capital,
                sentLately: Int(columns.int()),
                position: columns.money(),
                dayLoss: columns.money()
            )
            rows[key] = Row(limits: limits, basis: basis)
        }
    }

    /// What an order of so much would break; nil where it may go.
    func breach(by intent: IntentRow, worth: Money) -> LimitBreach? {
        guard let row = rows[Key(intent)] else { return nil }
        var basis = row.basis
        basis.sentLately += sent[intent.client] ?? 0
        return row.limits.breach(intent.side, worth: worth, basis)
    }

    /// Counts an order that goes.
    mutating func count(_ intent: IntentRow, worth: Money) {
        guard let row = rows[Key(intent)] else { return }
        if row.limits.ordersPerMinute != nil { sent[intent.client, default: 0] += 1 }
        if intent.side == .buy { rows[Key(intent)]?.basis.position += worth }
    }

    /// The calls that remember when orders were sent, of clients who have a limit of that.
    var writes: [Call] {
        guard !sent.isEmpty else { return [] }
        let clients = sent.keys.sorted()
        return [
            (
                LimitStatements.pace,
                [.ints(clients.map(\.raw)), .ints(clients.map { Int64(sent[$0] ?? 0) })]
            )
        ]
    }
}

extension LimitBook.Key {
    fileprivate init(_ intent: IntentRow) {
        self.init(client: intent.client, instrument: intent.instrument)
    }
}

extension OrderLimits {
    /// The columns of `risk_limit` that `init(reading:)` reads, of this table.
    static func columns(of table: String) -> String {
        [
            "orders_per_minute", "position_part_bp", "max_order_value", "max_day_loss",
            "max_day_loss_bp",
        ].map { "\(table).\($0)" }.joined(separator: ", ")
    }

    init(reading columns: inout Columns) {
        self.init()
        ordersPerMinute = columns.optionalInt().map { Int($0) }
        positionPart = columns.optionalInt().map { BasisPoints(Int32($0)) }
        maximumOrderValue = columns.optionalInt().map { Money(paise: $0) }
        maximumDayLoss = columns.optionalInt().map { Money(paise: $0) }
        maximumDayLossPart = columns.optionalInt().map { BasisPoints(Int32($0)) }
    }
}
