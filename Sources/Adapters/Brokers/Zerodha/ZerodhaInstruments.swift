import BrokerKit
import CSV
package import Desk
package import HTTPClient
package import Trading

/// Kite's instrument lists (kite.md §8), one file for each exchange, read by the names in its header.
///
/// Only shares of NSE and BSE. An order names its instrument by exchange and trading symbol, so these
/// are `segment` and `code`; the token serves the ticker alone.
package struct ZerodhaInstruments: InstrumentMaster {
    package let broker = BrokerName.zerodha
    private let client: HTTPClient
    private let url: String

    /// The lists below `url`, such as `https://api.kite.trade/instruments`.
    package init(client: HTTPClient, url: String) {
        self.client = client
        self.url = url
    }

    package func listings() async throws(BrokerFailure) -> [InstrumentListing] {
        var listings: [InstrumentListing] = []
        for exchange in ExchangeName.allCases {
            listings += try Self.parse(try await file(exchange), exchange)
        }
        return listings
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

    static func parse(_ bytes: [UInt8], _ exchange: ExchangeName) throws(BrokerFailure)
        -> [InstrumentListing]
    {
        var records = CSVRecords(bytes)
        guard let header = records.next()?.fields else { throw .unreachable("an empty file") }
        var columns: [String: Int] = [:]
        for (index, name) in header.enumerated() { columns[name] = index }
        let needed = [
            "tradingsymbol", "name", "tick_size", "lot_size", "instrument_type", "segment",
            "exchange",
        ]
        guard needed.allSatisfy({ columns[$0] != nil }) else {
            throw .unreachable("the file lacks a column that is needed")
        }
        var listings: [String: InstrumentListing] = [:]
        while let record = records.next() {
            let row = Row(fields: record.fields, columns: columns)
            guard let listing = row.listing(exchange) else { continue }
            // One share of one symbol: the series in which all trade goes before any other.
            if listing.series == ZerodhaSymbol.common || listings[listing.symbol] == nil {
                listings[listing.symbol] = listing
            }
        }
        return listings.values.sorted { $0.symbol < $1.symbol }
    }

    private struct Row {
        let fields: [String]
        let columns: [String: Int]

        private func value(_ name: String) -> String {
            guard let index = columns[name], index < fields.count else { return "" }
            return fields[index]
        }

        /// Nil for anything but a share.
        func listing(_ exchange: ExchangeName) -> InstrumentListing? {
            // Indices are of type EQ too, but in a segment of their own.
            guard value("instrument_type") == "EQ", value("exchange") == exchange.rawValue,
                value("segment") == exchange.rawValue,
                let lot = Price(rupees: value("lot_size")), lot.raw % 10_000 == 0,
                let tick = Price(rupees: value("tick_size")),
                let (symbol, series) = ZerodhaSymbol.share(value("tradingsymbol"), at: exchange)
            else { return nil }
            return InstrumentListing(
                exchange: exchange,
                symbol: symbol,
                name: value("name").isEmpty ? symbol : value("name"),
                isin: nil,
                series: series,
                lot: Quantity(lot.raw / 10_000),
                tick: tick,
                freezeQuantity: nil,
                lowerCircuit: nil,
                upperCircuit: nil,
                price: Price(rupees: value("last_price")),
                segment: exchange.rawValue,
                code: value("tradingsymbol")
            )
        }
    }
}
