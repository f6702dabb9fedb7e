import BrokerKit
import CSV
package import Desk
package import HTTPClient
package import Trading

/// Dhan's instrument list, the detailed file (dhan.md §8), read by the names in its header.
///
/// Only cash equities of NSE and BSE; tick sizes are in paise there.
package struct DhanInstruments: InstrumentMaster {
    package let broker = BrokerName.dhan
    private let client: HTTPClient
    private let url: String

    package init(client: HTTPClient, url: String) {
        self.client = client
        self.url = url
    }

    package func listings() async throws(BrokerFailure) -> [InstrumentListing] {
        // The real file has some 200,000 lines.
        try Self.parse(await InstrumentFile.fetch(url, by: client, atMost: 256 << 20))
    }

    static func parse(_ bytes: [UInt8]) throws(BrokerFailure) -> [InstrumentListing] {
        var records = CSVRecords(bytes)
        guard let header = records.next()?.fields else { throw .unreachable("an empty file") }
        var columns: [String: Int] = [:]
        for (index, name) in header.enumerated() { columns[name] = index }
        let needed = [
            "EXCH_ID", "SEGMENT", "SECURITY_ID", "INSTRUMENT", "UNDERLYING_SYMBOL",
            "SYMBOL_NAME", "SERIES", "LOT_SIZE", "TICK_SIZE",
        ]
        guard needed.allSatisfy({ columns[$0] != nil }) else {
            throw .unreachable("the file lacks a column that is needed")
        }
        var listings: [InstrumentListing] = []
        while let record = records.next() {
            let row = Row(fields: record.fields, columns: columns)
            if let listing = row.listing { listings.append(listing) }
        }
        return listings
    }

    private struct Row {
        let fields: [String]
        let columns: [String: Int]

        private func value(_ name: String) -> String {
            guard let index = columns[name], index < fields.count else { return "" }
            return fields[index]
        }

        /// Nil for anything but a share.
        var listing: InstrumentListing? {
            guard value("SEGMENT") == "E", value("INSTRUMENT") == "EQUITY",
                let exchange = ExchangeName(rawValue: value("EXCH_ID")),
                let lot = Price(rupees: value("LOT_SIZE")), lot.raw % 10_000 == 0,
                let tick = Price(rupees: value("TICK_SIZE")), tick.raw >= 100
            else { return nil }
            let symbol = value("UNDERLYING_SYMBOL")
            guard !symbol.isEmpty, !value("SECURITY_ID").isEmpty else { return nil }
            let isin = value("ISIN")
            return InstrumentListing(
                exchange: exchange,
                symbol: symbol,
                name: value("DISPLAY_NAME").isEmpty ? value("SYMBOL_NAME") : value("DISPLAY_NAME"),
                isin: isin.isEmpty || isin == "NA" ? nil : isin,
                series: value("SERIES"),
                lot: Quantity(lot.raw / 10_000),
                // Paise in the file: a hundredth of the number read as rupees.
                tick: Price(raw: tick.raw / 100),
                freezeQuantity: nil,
                lowerCircuit: nil,
                upperCircuit: nil,
                price: nil,
                segment: exchange == .nse ? "NSE_EQ" : "BSE_EQ",
                code: value("SECURITY_ID")
            )
        }
    }
}
