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

    package func list() async throws(BrokerFailure) -> InstrumentList {
        // The real file has some 200,000 lines.
        try Self.list(await InstrumentFile.fetch(url, by: client, atMost: 256 << 20))
    }

    static func list(_ bytes: [UInt8]) throws(BrokerFailure) -> InstrumentList {
        let needed = [
            "EXCH_ID", "SEGMENT", "SECURITY_ID", "INSTRUMENT", "UNDERLYING_SYMBOL",
            "SYMBOL_NAME", "SERIES", "LOT_SIZE", "TICK_SIZE",
        ]
        let table = try InstrumentFile.table(bytes, with: needed)
        return InstrumentList { () throws(BrokerFailure) in Reader(table: table) }
    }

    private struct Reader: InstrumentReader {
        var table: CSVTable

        mutating func next() -> InstrumentListing? {
            while let row = table.next() {
                if let listing = DhanInstruments.listing(row) { return listing }
            }
            return nil
        }
    }

    /// Nil for anything but a share.
    private static func listing(_ row: CSVRow) -> InstrumentListing? {
        guard row.has("E", in: "SEGMENT"), row.has("EQUITY", in: "INSTRUMENT"),
            let exchange = ExchangeName(rawValue: row["EXCH_ID"]),
            let lot = Price(rupees: row["LOT_SIZE"]), lot.raw % 10_000 == 0,
            let tick = Price(rupees: row["TICK_SIZE"]), tick.raw >= 100
        else { return nil }
        let symbol = row["UNDERLYING_SYMBOL"]
        let code = row["SECURITY_ID"]
        guard !symbol.isEmpty, !code.isEmpty else { return nil }
        let isin = row["ISIN"]
        let name = row["DISPLAY_NAME"]
        return InstrumentListing(
            exchange: exchange,
            symbol: symbol,
            name: name.isEmpty ? row["SYMBOL_NAME"] : name,
            isin: isin.isEmpty || isin == "NA" ? nil : isin,
            series: row["SERIES"],
            lot: Quantity(lot.raw / 10_000),
            // Paise in the file: a hundredth of the number read as rupees.
            tick: Price(raw: tick.raw / 100),
            freezeQuantity: nil,
            lowerCircuit: nil,
            upperCircuit: nil,
            price: nil,
            segment: exchange == .nse ? "NSE_EQ" : "BSE_EQ",
            code: code,
            // Times, such as 4.0; what is at most 1 is no leverage.
            marginLeverage: Price(rupees: row["MTF_LEVERAGE"]).flatMap {
                $0.raw > 10_000 ? $0.raw / 100 : nil
            }
        )
    }
}
