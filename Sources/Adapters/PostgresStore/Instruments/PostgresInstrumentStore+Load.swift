package import Desk
import JSON
import Postgres
package import Trading

/// Brokers' instrument masters.
extension PostgresInstrumentStore {
    /// Takes shares only, and keeps what a later list does not repeat.
    ///
    /// An instrument is one (exchange, symbol) for all brokers, symbols in capitals. Where two lines
    /// or two brokers differ, the last one wins; what it leaves open (ISIN, freeze quantity, price)
    /// stays as it was. Circuit limits hold for the day in India on which they were loaded.
    /// Instruments that a list no longer names stay, since holdings and history name them.
    package func load(_ listings: [InstrumentListing], of broker: BrokerName, by actor: Actor)
        async throws(StoreFailure) -> Int
    {
        let taken = Self.lastOfEach(listings)
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (InstrumentStatements.store, Self.instrumentColumns(taken)),
                (InstrumentStatements.storeNames, Self.nameColumns(taken, broker)),
            ])
            let changed = Set(rows.flatMap { $0.map { $0.int(0) } }).count
            let audit = AuditEntry(.instrumentsLoaded) {
                $0.field("broker", broker.rawValue)
                $0.field("listed", listings.count)
                $0.field("shares", taken.count)
                $0.field("changed", changed)
            }
            try await transaction.commit([AuditEntry.write([audit], by: actor)])
            return changed
        }
    }

    private struct Key: Hashable {
        let exchange: ExchangeName
        let symbol: String
    }

    private static func lastOfEach(_ listings: [InstrumentListing]) -> [Key: InstrumentListing] {
        var last: [Key: InstrumentListing] = [:]
        for listing in listings
        where listing.exchange.tradesShares(inSeries: listing.series) && isStorable(listing) {
            last[Key(exchange: listing.exchange, symbol: listing.symbol.uppercased())] = listing
        }
        return last
    }

    /// Whether the database takes every text of a line: one line must not cost all the others.
    private static func isStorable(_ listing: InstrumentListing) -> Bool {
        let texts = [
            listing.symbol, listing.name, listing.isin ?? "", listing.segment, listing.code,
        ]
        return !texts.contains { $0.utf8.contains(0) }
    }

    private static func instrumentColumns(_ taken: [Key: InstrumentListing]) -> [PostgresValue] {
        let keys = Array(taken.keys)
        let listings = Array(taken.values)
        return [
            .texts(keys.map(\.exchange.rawValue)), .texts(keys.map(\.symbol)),
            .texts(listings.map(\.series)), .texts(listings.map(\.name)),
            .optionalTexts(listings.map(\.isin)), .ints(listings.map(\.lot.raw)),
            .ints(listings.map(\.tick.raw)), .optionalInts(listings.map { $0.freezeQuantity?.raw }),
            .optionalInts(listings.map { $0.lowerCircuit?.raw }),
            .optionalInts(listings.map { $0.upperCircuit?.raw }),
            .optionalInts(listings.map { $0.price?.raw }),
        ]
    }

    private static func nameColumns(_ taken: [Key: InstrumentListing], _ broker: BrokerName)
        -> [PostgresValue]
    {
        let keys = Array(taken.keys)
        let listings = Array(taken.values)
        return [
            .text(broker.rawValue), .texts(keys.map(\.exchange.rawValue)),
            .texts(keys.map(\.symbol)), .texts(listings.map(\.segment)),
            .texts(listings.map(\.code)),
        ]
    }
}
