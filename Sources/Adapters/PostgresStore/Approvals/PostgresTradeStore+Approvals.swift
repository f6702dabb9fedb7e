package import Desk
import JSON
import Postgres
package import Trading

extension PostgresTradeStore: ApprovalStore {
    package func approvalLimit(of trader: TraderID) async throws(StoreFailure) -> ApprovalLimit? {
        try await pool.ask(ApprovalStatements.limitOf, [.int(trader.raw)]).first
            .map { ApprovalLimit($0) }
    }

    package func setApprovalLimit(
        _ limit: ApprovalLimit,
        of trader: TraderID,
        by actor: Actor
    ) async throws(StoreFailure) {
        try await pool.transact { transaction in
            let key = PostgresValue.int(trader.raw)
            let rows = try await transaction.begin([(ApprovalStatements.lockLimit, [key])])
            guard let row = rows[0].first else {
                throw StoreFailure.broken("there is no trader \(trader)")
            }
            let old = ApprovalLimit(row)
            let audit = AuditEntry(.settingsChanged, trader: trader) {
                $0.field("setting", "approval_limit")
                $0.fieldOrNull("from_amount", old.amount?.rupees)
                $0.fieldOrNull("to_amount", limit.amount?.rupees)
                $0.fieldOrNull("from_clients", old.clients)
                $0.fieldOrNull("to_clients", limit.clients)
            }
            let values = [key, .optional(limit.amount?.paise), .optional(limit.clients)]
            try await transaction.commit(
                old == limit
                    ? []
                    : [
                        (ApprovalStatements.setLimit, values),
                        AuditEntry.write([audit], by: actor),
                    ]
            )
        }
    }

    package func waitingApprovals(of trader: TraderID?, before: TaskID?, limit: Int)
        async throws(StoreFailure) -> [ApprovalRequest]
    {
        // The makers' names are colleagues' names: users see no other users by themselves.
        let rows = try await Viewer.forAll { () async throws(StoreFailure) in
            try await pool.ask(
                ApprovalStatements.waiting,
                [.int(before?.raw ?? .max), .int(Int64(limit)), .optional(trader?.raw)]
            )
        }
        let baskets = rows.compactMap { $0.optionalInt(6) }
        let parts =
            baskets.isEmpty
            ? [] : Array(try await pool.ask(ApprovalStatements.legs, [.ints(baskets)]))
        var legs: [BasketID: [BulkTrade]] = [:]
        for row in parts {
            var columns = Columns(row)
            let trade = try BulkTrade(reading: &columns)
            if let basket = trade.links.basket { legs[basket, default: []].append(trade) }
        }
        var requests: [ApprovalRequest] = []
        for row in rows {
            var columns = Columns(row)
            let (maker, name): (UserID, String) = (columns.id(), columns.text())
            let size = TradeSize(
                clients: columns.int(),
                amount: columns.optionalInt().map { Money(paise: $0) }
            )
            let (asked, expires) = (columns.timestamp(), columns.timestamp())
            let basket: BasketID? = columns.optionalID()
            requests.append(
                ApprovalRequest(
                    trade: try BulkTrade(reading: &columns),
                    basket: basket.flatMap { legs[$0] } ?? [],
                    maker: maker,
                    makerName: name,
                    size: size,
                    askedAt: asked,
                    expiresAt: expires
                )
            )
        }
        return requests
    }

    package func decide(_ decision: ApprovalDecision) async throws(StoreFailure)
        -> ApprovalOutcome
    {
        let asked = PostgresValue.int(decision.task.raw)
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (ApprovalStatements.lock, [asked]), (TradeStatements.trade, [asked]),
            ])
            guard let row = rows[0].first, let trade = rows[1].first,
                decision.trader.map({ $0.raw == row.int(0) }) ?? true
            else {
                try await transaction.commit([])
                return .notFound
            }
            if let verdict = row.optionalText(2) {
                try await transaction.commit([])
                let isSame =
                    verdict == decision.verdict && row.optionalInt(3) == decision.user.raw
                var columns = Columns(trade)
                return isSame ? .decided(try BulkTrade(reading: &columns)) : .over(verdict)
            }
            // Whoever asked may take the wish back, and not grant it.
            guard !decision.isApproved || row.int(1) != decision.user.raw else {
                try await transaction.commit([])
                return .ownTrade
            }
            guard !row.bool(4) else {
                try await transaction.commit([])
                return .over("expired")
            }
            let written = try await transaction.commit([
                decision.write(row.int(5)), (ApprovalStatements.ring, []),
                (TradeStatements.trade, [asked]),
            ])
            guard let decided = written[2].first else {
                throw StoreFailure.broken("a decided trade is not there")
            }
            var columns = Columns(decided)
            return .decided(try BulkTrade(reading: &columns))
        }
    }

    package func expireApprovals() async throws(StoreFailure) -> Int {
        try await pool.ask(ApprovalStatements.expire).count
    }
}

extension ApprovalDecision {
    fileprivate var verdict: String { isApproved ? "approved" : "rejected" }

    /// `head`: the trade under whose number it waits.
    fileprivate func write(_ head: Int64) -> Call {
        (
            ApprovalStatements.decide,
            [
                .int(head), .int(user.raw), .optional(actor.address), .text(verdict),
                .optional(reason), .text(isApproved ? "ACCEPTED" : "DECLINED"),
            ]
        )
    }
}

extension ApprovalLimit {
    /// The two columns of a trader.
    init(_ row: PostgresRow) {
        self.init(
            amount: row.optionalInt(0).map { Money(paise: $0) },
            clients: row.optionalInt(1)
        )
    }
}

extension Submission {
    /// The call that `size(aboveLimitOf:)` reads.
    var measure: Call {
        let named: [Int64]? = if case .named(let ids) = clients { ids.map(\.raw) } else { nil }
        let group: String? = if case .group(let name) = clients { name } else { nil }
        return (
            ApprovalStatements.limit,
            [
                .int(trader.raw), .int(terms.instrument.id.raw), named.map { .ints($0) } ?? .null,
                .optional(group), .text(terms.product.heldAs.rawValue),
            ]
        )
    }

    /// How large the trade is, where it is above its trader's limit; nil where it is not.
    func size(aboveLimitOf rows: PostgresRows) -> TradeSize? {
        TradeSize(of: [self], [rows], aboveLimitOf: rows)
    }

    fileprivate func size(_ row: PostgresRow) -> TradeSize {
        TradeSize(
            sizing,
            terms.side,
            price: terms.price ?? row.optionalInt(5).map { Price(raw: $0) },
            of: TradeSize.Audience(
                clients: row.int(2),
                // Lent money buys more than the capital.
                capital: terms.isLent
                    ? Leverage.most.reach(of: Money(paise: row.int(3)))
                    : Money(paise: row.int(3)),
                shares: Quantity(row.int(4))
            )
        )
    }
}

extension TradeSize {
    /// How large trades of one trader are together, each measured by its rows of `measure`; nil where
    /// they are not above the trader's limit, which is in each of these rows.
    init?(of trades: [Submission], _ measured: [PostgresRows], aboveLimitOf rows: PostgresRows?) {
        guard let limit = rows?.first else { return nil }
        let sizes = zip(trades, measured).compactMap { trade, rows in
            rows.first.map { trade.size($0) }
        }
        self.init(together: sizes)
        guard ApprovalLimit(limit).isExceeded(by: self) else { return nil }
    }
}
