package import Desk
import JSON
import Postgres
package import Trading

/// Brokers' instrument masters.
extension PostgresInstrumentStore {
    /// Lines that are held as values and copied at once.
    private static let piece = 4_000

    /// An instrument is one (exchange, symbol) for all brokers, symbols in capitals.
    ///
    /// What a list
    /// leaves open (ISIN, freeze quantity, price) stays as another list said. Circuit limits hold for
    /// the day in India on which they were loaded.
    package func load(
        _ list: InstrumentList,
        of broker: BrokerName,
        acceptingShort: Bool,
        by actor: Actor
    ) async throws(StoreFailure) -> InstrumentLoad {
        try await pool.transact { transaction in
            _ = try await transaction.begin([])
            try await transaction.connection.execute(script: LoadStatements.prepare)
            let lines: Int
            do {
                lines = try await Self.copy(list, transaction.connection)
            } catch let failure as BrokerFailure {
                await transaction.rollBack()
                return .unreadable(failure)
            }
            try await transaction.connection.execute(script: LoadStatements.match)
            return try await Self.merge(
                lines,
                of: .text(broker.rawValue),
                acceptingShort: acceptingShort,
                by: actor,
                transaction
            )
        }
    }

    /// Merges what was copied, or refuses it, and commits that.
    private static func merge(
        _ lines: Int,
        of broker: PostgresValue,
        acceptingShort: Bool,
        by actor: Actor,
        _ transaction: Transaction
    ) async throws -> InstrumentLoad {
        let counts = try await transaction.go([(LoadStatements.counts, [broker])])[0][0]
        let shares = counts.int(0)
        let before = counts.int(1)
        let isRefused =
            !acceptingShort
            && InstrumentLoad.isTooShort(shares: Int(shares), before: Int(before))
        var changed: Int64 = 0
        if !isRefused {
            let merged = try await transaction.go([
                (LoadStatements.remember, [broker]), (LoadStatements.merge, [broker]),
            ])
            changed = merged[1][0].int(0)
        }
        let audit = AuditEntry(isRefused ? .instrumentsRefused : .instrumentsLoaded) {
            if case .text(let name) = broker { $0.field("broker", name) }
            $0.field("listed", lines)
            $0.field("shares", shares)
            $0.field("before", before)
            $0.field("changed", changed)
        }
        let note: [PostgresValue] = [
            broker, .int(Int64(lines)), .int(shares), .int(changed), .bool(isRefused),
        ]
        try await transaction.commit([
            (LoadStatements.note, note), AuditEntry.write([audit], by: actor),
        ])
        return isRefused
            ? .tooShort(shares: Int(shares), before: Int(before)) : .stored(changed: Int(changed))
    }

    /// Copies a piece at a time, so that the list's values are never there as a whole.
    ///
    /// - Returns: how many lines were copied.
    private static func copy(_ list: InstrumentList, _ connection: PostgresConnection) async throws
        -> Int
    {
        var reader = try list.reader()
        var line = 0
        while true {
            let piece = try reader.next(Self.piece)
            if piece.isEmpty { return line }
            var rows = CopyRows(columns: LoadStatements.columnCount)
            for listing in piece where listing.isWanted {
                line += 1
                rows.row { $0.write(listing, line: line) }
            }
            try await connection.copy(into: LoadStatements.lines, rows)
        }
    }
}

extension InstrumentListing {
    /// Only shares come in.
    ///
    /// A line that describes nothing has another list's word for it.
    fileprivate var isWanted: Bool {
        isStorable && (!describes || exchange.tradesShares(inSeries: series))
    }

    /// Whether the database takes every text of the line: one line must not cost all the others.
    private var isStorable: Bool {
        ![symbol, name, isin ?? "", segment, code].contains { $0.utf8.contains(0) }
    }
}

extension CopyRow {
    fileprivate mutating func write(_ listing: InstrumentListing, line: Int) {
        int(Int64(line))
        bool(listing.describes)
        text(listing.exchange.rawValue)
        text(listing.symbol.uppercased())
        text(listing.series)
        text(listing.name)
        text(listing.isin)
        int(listing.lot.raw)
        int(listing.tick.raw)
        int(listing.freezeQuantity?.raw)
        int(listing.lowerCircuit?.raw)
        int(listing.upperCircuit?.raw)
        int(listing.price?.raw)
        text(listing.segment)
        text(listing.code)
        text(listing.feedCode)
        int(listing.marginLeverage)
    }
}
