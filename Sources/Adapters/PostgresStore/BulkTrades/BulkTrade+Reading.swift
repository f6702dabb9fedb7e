import Desk
import Postgres
import Trading

extension BulkTrade {
    /// The columns that `init(reading:)` reads, of `bulk_task t` and `instrument n`.
    static let columns = """
        t.id, t.trader_id, \(OrderTerms.columns),
        t.sizing, t.sizing_part_bp, t.sizing_quantity, t.sizing_amount,
        t.client_ids IS NOT NULL, coalesce(t.client_ids, '{}'), t.client_group,
        t.resend_within_seconds,
        t.state, t.reference_price, t.accepted_at, t.planned_at, t.completed_at,
        t.preflight_id, t.mtf_leverage,
        t.repairs_task_id, t.undoes_task_id, t.basket_id, t.leg, t.waits_for_sales
        """

    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            id: columns.id(),
            trader: columns.id(),
            terms: try OrderTerms(reading: &columns),
            sizing: try Sizing(reading: &columns),
            clients: ClientFilter(reading: &columns),
            onDoubt: DoubtPolicy(reading: &columns),
            state: try columns.word(),
            referencePrice: columns.optionalPrice(),
            acceptedAt: columns.timestamp(),
            plannedAt: columns.optionalTimestamp(),
            completedAt: columns.optionalTimestamp(),
            preflight: columns.optionalID(),
            leverage: columns.optionalInt().map { Leverage(Int32($0)) }
        )
        links.repairs = columns.optionalID()
        links.undoes = columns.optionalID()
        links.basket = columns.optionalID()
        links.leg = columns.optionalInt().map { Int16($0) }
        links.waitsForSales = columns.bool()
    }
}

extension Sizing {
    /// How a sizing is stored: its kind, and those of part, quantity and amount that it has.
    var stored: (kind: String, part: BasisPoints?, quantity: Quantity?, amount: Money?) {
        switch self {
        case .part(let part): ("part", part, nil, nil)
        case .quantityWithin(let quantity, let part): ("quantity_within", part, quantity, nil)
        case .quantity(let quantity): ("quantity", nil, quantity, nil)
        case .amount(let amount): ("amount", nil, nil, amount)
        case .listed: ("listed", nil, nil, nil)
        }
    }

    init(reading columns: inout Columns) throws(StoreFailure) {
        let kind = columns.text()
        let part = columns.optionalInt().map { BasisPoints(Int32($0)) }
        let quantity = columns.optionalInt().map { Quantity($0) }
        let amount = columns.optionalInt().map { Money(paise: $0) }
        switch (kind, part, quantity, amount) {
        case ("part", let part?, _, _): self = .part(part)
        case ("quantity_within", _, let quantity?, _):
            self = .quantityWithin(quantity, part: part)
        case ("quantity", _, let quantity?, _): self = .quantity(quantity)
        case ("amount", _, _, let amount?): self = .amount(amount)
        case ("listed", _, _, _): self = .listed
        default: throw .broken("the database holds an incomplete sizing '\(kind)'")
        }
    }
}

extension DoubtPolicy {
    /// How a policy is stored: the seconds of a resend, or null.
    var storedSeconds: Int64? {
        switch self {
        case .ask: nil
        case .resend(let seconds): Int64(seconds)
        }
    }

    init(reading columns: inout Columns) {
        self = columns.optionalInt().map { .resend(withinSeconds: Int($0)) } ?? .ask
    }
}

extension ClientFilter {
    init(reading columns: inout Columns) {
        let isNamed = columns.bool()
        let named = columns.ints()
        let group = columns.optionalText()
        self =
            if isNamed {
                .named(named.map { ID($0) })
            } else if let group {
                .group(group)
            } else { .all }
    }
}
