import BrokerKit
import CSV
package import Desk
package import HTTPClient
package import Trading

/// Kite's instrument lists (kite.md §8), one file for each exchange, read by the names in its header.
///
/// Only shares of NSE and BSE. An order names its instrument by exchange and trading symbol, so these
/// are `segment` and `code`; the token serves the ticker alone and is the feed's code.
package struct ZerodhaInstruments: InstrumentMaster {
    package let broker = BrokerName.zerodha
    private let client: HTTPClient
    private let url: String

    /// The lists below `url`, such as `https://api.kite.trade/instruments`.
    package init(client: HTTPClient, url: String) {
        self.client = client
        self.url = url
    }

    package func list() async throws(BrokerFailure) -> InstrumentList {
        var lists: [InstrumentList] = []
        for exchange in ExchangeName.allCases {
            lists.append(try Self.list(try await file(exchange), exchange))
        }
        let parts = lists
        return InstrumentList { () throws(BrokerFailure) in ChainedReader(parts) }
    }

    private func file(_ exchange: ExchangeName) async throws(BrokerFailure) -> [UInt8] {
        try await InstrumentFile.fetch(
            "\(url)/\(exchange.rawValue)",
            by: client,
            // The lists are kept compressed, which nobody here can read.
            headers: [
                (name: "X-Kite-Version", value: "3"), (name: "Accept-Encoding", value: "identity"),
            ],
            atMost: 64 << 20
        )
    }

    static func list(_ bytes: [UInt8], _ exchange: ExchangeName) throws(BrokerFailure)
        -> InstrumentList
    {
        let needed = [
            "tradingsymbol", "name", "tick_size", "lot_size", "instrument_type", "segment",
            "exchange",
        ]
        let table = try InstrumentFile.table(bytes, with: needed)
        return InstrumentList { () throws(BrokerFailure) in
            Reader(table: table, exchange: exchange)
        }
    }

    private struct Reader: InstrumentReader {
        var table: CSVTable
        let exchange: ExchangeName
        private var seen: Set<String> = []

        init(table: CSVTable, exchange: ExchangeName) {
            self.table = table
            self.exchange = exchange
        }

        mutating func next() -> InstrumentListing? {
            while let row = table.next() {
                guard let listing = ZerodhaInstruments.listing(row, exchange) else { continue }
                let isFirst = seen.insert(listing.symbol).inserted
                // One share of one symbol: the series in which all trade goes before any other,
                // also where it comes later, since of two the last one counts.
                if isFirst || listing.series == ZerodhaSymbol.common { return listing }
            }
            return nil
        }
    }

    /// Nil for anything but a share.
    private static func listing(_ row: CSVRow, _ exchange: ExchangeName) -> InstrumentListing? {
        // Indices are of type EQ too, but in a segment of their own.
        guard row.has("EQ", in: "instrument_type"), row["exchange"] == exchange.rawValue,
            row["segment"] == exchange.rawValue,
            let lot = Price(rupees: row["lot_size"]), lot.raw % 10_000 == 0,
            let tick = Price(rupees: row["tick_size"])
        else { return nil }
        let code = row["tradingsymbol"]
        guard let (symbol, series) = ZerodhaSymbol.share(code, at: exchange) else { return nil }
        let name = row["name"]
        let token = row["instrument_token"]
        return InstrumentListing(
            exchange: exchange,
            symbol: symbol,
            name: name.isEmpty ? symbol : name,
            isin: nil,
            series: series,
            lot: Quantity(lot.raw / 10_000),
            tick: tick,
            freezeQuantity: nil,
            lowerCircuit: nil,
            upperCircuit: nil,
            price: Price(rupees: row["last_price"]),
            segment: exchange.rawValue,
            code: code,
            feedCode: token.isEmpty ? nil : token
        )
    }
}
