import Desk
import Postgres
import Trading

/// The limits of one batch's clients, and what their orders have come to: read under the lock of the
/// clients' money, counted on in memory, so that orders of one batch see each other.
struct LimitBook {
    private struct Row {
        let limits: OrderLimits
        var basis: LimitBasis
        let key: LedgerBook.HoldingKey
    }

    /// Clients without any limit are not among them.
    private var rows: [LedgerBook.HoldingKey: Row] = [:]
    private var sent: [ClientID: Int] = [:]

    /// What `LimitStatements.bases` read.
    init(_ read: PostgresRows) {
        for row in read {
            var columns = Columns(row)
            let key = LedgerBook.HoldingKey(client: columns.id(), instrument: columns.id())
            let capital = columns.money()
            let limits = OrderLimits(reading: &columns).and(OrderLimits(reading: &columns))
            let basis = LimitBasis(
                capital: capital,
                sentLately: Int(columns.int()),
                position: columns.money(),
                dayLoss: columns.money()
            )
            rows[key] = Row(limits: limits, basis: basis, key: key)
        }
    }

    /// What an order of so much would break; nil where it may go.
    func breach(by intent: IntentRow, worth: Money) -> LimitBreach? {
        guard let row = rows[intent.holdingKey] else { return nil }
        var basis = row.basis
        basis.sentLately += sent[intent.client] ?? 0
        return row.limits.breach(intent.side, worth: worth, basis)
    }

    /// Counts an order that goes.
    mutating func count(_ intent: IntentRow, worth: Money) {
        guard let row = rows[intent.holdingKey] else { return }
        if row.limits.ordersPerMinute != nil { sent[intent.client, default: 0] += 1 }
        if intent.side == .buy { rows[intent.holdingKey]?.basis.position += worth }
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
