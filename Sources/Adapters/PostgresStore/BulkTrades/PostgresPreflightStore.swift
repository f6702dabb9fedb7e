package import Desk
import JSON
package import Postgres
package import Trading

/// Preflights in PostgreSQL: one statement reads all clients, one writes all rows.
package struct PostgresPreflightStore: PreflightStore {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func look(_ query: PreflightQuery) async throws(StoreFailure) -> PreflightLook {
        let (named, group) = query.clients.stored
        let rows = try await pool.read([
            (
                PreflightStatements.candidates,
                [
                    .int(query.trader.raw), .int(query.shares.instrument.raw),
                    named.map { .ints($0.map(\.raw)) } ?? .null, .optional(group),
                    .text(query.shares.product.rawValue),
                ]
            ),
            (ClaimStatements.halts, []),
            (PreflightStatements.leverage, [.int(query.trader.raw)]),
        ])
        var candidates: [PreflightCandidate] = []
        candidates.reserveCapacity(rows[0].count)
        for row in rows[0] { candidates.append(try PreflightCandidate(reading: row)) }
        return PreflightLook(
            candidates: candidates,
            halts: try Halts(reading: rows[1]),
            leverage: rows[2].first.map { Leverage(Int32($0.int(0))) } ?? .once
        )
    }

    package func save(_ draft: PreflightDraft, _ rows: [PreflightRow])
        async throws(StoreFailure) -> PreflightID
    {
        try await pool.transact { transaction in
            let made = try await transaction.begin([
                (PreflightStatements.deleteOld, []), draft.insert,
            ])
            guard let row = made[1].first else {
                throw StoreFailure.broken("a preflight was not stored")
            }
            let id = PreflightID(row.int(0))
            try await transaction.commit([
                Self.insert(rows, of: id),
                AuditEntry.write([draft.audit(id, rows)], by: draft.actor),
            ])
            return id
        }
    }

    package func preflight(_ id: PreflightID) async throws(StoreFailure) -> Preflight? {
        let key = [PostgresValue.int(id.raw)]
        let rows = try await pool.read([
            (PreflightStatements.preflight, key), (PreflightStatements.sums, key),
            (PreflightStatements.reasons, key),
        ])
        guard let row = rows[0].first, let sums = rows[1].first else { return nil }
        return try Preflight(reading: row, PreflightSums(reading: sums, rows[2]))
    }

    package func rows(of id: PreflightID, _ page: PreflightPage) async throws(StoreFailure)
        -> [PreflightRow]
    {
        let found = try await pool.ask(
            PreflightStatements.rows,
            [
                .int(id.raw), .int(page.after?.raw ?? 0), .int(Int64(page.limit)),
                page.isOrdered.map { .bool($0) } ?? .null,
            ]
        )
        var rows: [PreflightRow] = []
        rows.reserveCapacity(found.count)
        for row in found { rows.append(try PreflightRow(reading: row)) }
        return rows
    }

    private static func insert(_ rows: [PreflightRow], of id: PreflightID) -> Call {
        (
            PreflightStatements.insertRows,
            [
                .int(id.raw), .ints(rows.map(\.client.raw)), .texts(rows.map(\.broker.rawValue)),
                .optionalInts(rows.map { $0.account?.raw }), .ints(rows.map(\.quantity.raw)),
                .ints(rows.map(\.wanted.raw)),
                .texts(rows.map { $0.reasons.map(\.rawValue).joined(separator: ",") }),
                .optionalInts(rows.map { $0.fits?.raw }), .ints(rows.map(\.cost.paise)),
                .ints(rows.map(\.hold.paise)), .ints(rows.map(\.own.paise)),
                .ints(rows.map(\.borrowed.paise)), .ints(rows.map(\.charges.total.paise)),
                .ints(rows.map(\.available.paise)),
            ]
        )
    }
}

extension ClientFilter {
    /// How a filter is stored: those named, or the group; neither is all.
    var stored: (named: [ClientID]?, group: String?) {
        switch self {
        case .all: (nil, nil)
        case .named(let ids): (ids, nil)
        case .group(let name): (nil, name)
        }
    }
}

extension PreflightDraft {
    fileprivate var insert: Call {
        let sizing = sizing.stored
        let (named, group) = clients.stored
        return (
            PreflightStatements.insert,
            [
                .int(trader.raw), .int(user.raw), .int(terms.instrument.id.raw),
                .text(terms.side.rawValue), .text(terms.type.rawValue),
                .text(terms.product.rawValue), .text(terms.validity.rawValue),
                .optional(terms.price?.raw), .optional(terms.trigger?.raw), .text(sizing.kind),
                .optional(sizing.part.map { Int64($0.raw) }), .optional(sizing.quantity?.raw),
                .optional(sizing.amount?.paise), named.map { .ints($0.map(\.raw)) } ?? .null,
                .optional(group), .optional(onDoubt.storedSeconds), .optional(price?.raw),
                .optional(priceAge?.microseconds), .timestamp(createdAt.microseconds),
                .timestamp(expiresAt.microseconds),
            ]
        )
    }

    fileprivate func audit(_ id: PreflightID, _ rows: [PreflightRow]) -> AuditEntry {
        AuditEntry(.preflightMade, trader: trader) { detail in
            detail.field("preflight_id", id.raw)
            detail.field("symbol", terms.instrument.symbol)
            detail.field("side", terms.side.rawValue)
            detail.field("clients", rows.count)
            detail.field("orders", rows.count { $0.quantity > .zero })
        }
    }
}

extension PreflightCandidate {
    fileprivate init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        let client = try Client(reading: &columns)
        let part = BasisPoints(Int32(columns.int()))
        let available = columns.money()
        let holding = Holding(
            quantity: columns.quantity(),
            reserved: columns.quantity(),
            cost: columns.money(),
            borrowed: columns.money()
        )
        let broker: BrokerName = try columns.word()
        let account: AccountID? = columns.optionalID()
        let hasAny = columns.bool()
        let standing = AccountStanding(
            status: try columns.optionalWord(),
            sessionIsOver: columns.bool(),
            hasToken: columns.bool(),
            isListed: columns.bool()
        )
        self.init(
            client: client,
            usualPart: part,
            available: available,
            holding: holding,
            broker: broker,
            account: account,
            standing: hasAny ? standing : nil
        )
    }
}

extension Preflight {
    fileprivate init(reading row: PostgresRow, _ sums: PreflightSums) throws(StoreFailure) {
        var columns = Columns(row)
        self.init(
            id: columns.id(),
            trader: columns.id(),
            terms: try OrderTerms(reading: &columns),
            sizing: try Sizing(reading: &columns),
            clients: ClientFilter(reading: &columns),
            onDoubt: DoubtPolicy(reading: &columns),
            price: columns.optionalPrice(),
            priceAge: columns.optionalInt().map { .microseconds($0) },
            createdAt: columns.timestamp(),
            expiresAt: columns.timestamp(),
            sums: sums,
            task: columns.optionalID()
        )
    }
}

extension PreflightSums {
    fileprivate init(reading row: PostgresRow, _ reasons: PostgresRows) {
        self.init()
        var columns = Columns(row)
        clients = Int(columns.int())
        orders = Int(columns.int())
        quantity = columns.int()
        cost = columns.money()
        hold = columns.money()
        own = columns.money()
        borrowed = columns.money()
        charges = columns.money()
        for row in reasons {
            if let reason = Reason(rawValue: row.text(0)) {
                self.reasons[reason] = Int(row.int(1))
            }
        }
    }
}

extension PreflightRow {
    /// The charges line by line follow from the dated rates of the preflight's day.
    fileprivate init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        let client: ClientID = columns.id()
        let code = columns.text()
        let name = columns.text()
        let broker: BrokerName = try columns.word()
        let account: AccountID? = columns.optionalID()
        let quantity = columns.quantity()
        let wanted = columns.quantity()
        let reasons = columns.texts().compactMap { Reason(rawValue: $0) }
        let fits = columns.optionalInt().map { Quantity($0) }
        let cost = columns.money()
        let hold = columns.money()
        let own = columns.money()
        let borrowed = columns.money()
        let available = columns.money()
        let side: Side = try columns.word()
        let product: Product = try columns.word()
        let order = Charges.Order(
            side: side,
            segment: TradeSegment(product),
            isMarginFunding: product == .marginFunding,
            exchange: try columns.word(),
            broker: broker,
            day: CalendarDay(containing: columns.timestamp())
        )
        let price = columns.optionalPrice()
        self.init(
            client: client,
            code: code,
            name: name,
            broker: broker,
            account: account,
            quantity: quantity,
            wanted: wanted,
            reasons: reasons,
            fits: fits,
            cost: cost,
            hold: hold,
            own: own,
            borrowed: borrowed,
            charges: Charges(of: order, turnover: price?.value(of: wanted) ?? .zero),
            available: available
        )
    }
}
