import BrokerKit
import CSV
package import Desk
package import HTTPClient
import JSON
package import Trading

/// Groww's instrument list (groww.md §8), read by the names in its header.
///
/// Only cash equities of NSE and BSE.
package struct GrowwInstruments: InstrumentMaster {
    package let broker = BrokerName.groww
    private let client: HTTPClient
    private let url: String

    package init(client: HTTPClient, url: String) {
        self.client = client
        self.url = url
    }

    package func list() async throws(BrokerFailure) -> InstrumentList {
        // Derivatives are in it too: a hundred thousand lines and more.
        try Self.list(await InstrumentFile.fetch(url, by: client, atMost: 256 << 20))
    }

    static func list(_ bytes: [UInt8]) throws(BrokerFailure) -> InstrumentList {
        let needed = [
            "exchange", "trading_symbol", "instrument_type", "segment", "series", "lot_size",
            "tick_size",
        ]
        let table = try InstrumentFile.table(bytes, with: needed)
        let unit = tickUnit(of: table)
        return InstrumentList { () throws(BrokerFailure) in Reader(table: table, unit: unit) }
    }

    /// What the whole list's ticks count; most shares of most lists tell at once.
    private static func tickUnit(of table: CSVTable) -> GrowwInstrumentRow.TickUnit {
        var rows = table
        while let row = rows.next().map(GrowwInstrumentRow.init) {
            if row.isShare, let tick = row.tick, GrowwInstrumentRow.isBelowOne(tick) {
                return .rupees
            }
        }
        return .paise
    }

    private struct Reader: InstrumentReader {
        var table: CSVTable
        let unit: GrowwInstrumentRow.TickUnit

        mutating func next() -> InstrumentListing? {
            while let row = table.next().map(GrowwInstrumentRow.init) {
                if row.isShare, let listing = row.listing(ticksIn: unit) { return listing }
            }
            return nil
        }
    }
}

/// One line of the list.
struct GrowwInstrumentRow {
    /// What the numbers of the column of ticks count.
    enum TickUnit {
        case rupees, paise
    }

    private let row: CSVRow

    init(_ row: CSVRow) { self.row = row }

    private func value(_ name: String) -> String { row[name] }

    /// A number of shares that may enter; nil for none.
    private func shares(_ name: String) -> Quantity? {
        JSONNumber(value(name))?.scaled(0).flatMap {
            (1...Quantity.limit.raw).contains($0) ? Quantity($0) : nil
        }
    }

    /// One that may be bought and sold, as far as the file says.
    var isShare: Bool {
        row.has("CASH", in: "segment") && row.has("EQ", in: "instrument_type")
            && ["buy_allowed", "sell_allowed"].allSatisfy { !["0", "false"].contains(value($0)) }
    }

    /// As it is written, read as rupees.
    var tick: Price? { Price(rupees: value("tick_size")) }

    /// The documents show RELIANCE's both as 0.05 and as 5: only what is below 1 tells, and where
    /// ticks are in rupees most shares have one that is.
    static func isBelowOne(_ tick: Price) -> Bool { tick.raw > 0 && tick.raw < 10_000 }

    /// Nil without what an order needs.
    func listing(ticksIn unit: TickUnit) -> InstrumentListing? {
        guard let exchange = ExchangeName(rawValue: value("exchange")),
            let lot = shares("lot_size"), let written = tick,
            !value("trading_symbol").isEmpty
        else { return nil }
        let tick = Price(raw: unit == .paise ? written.raw / 100 : written.raw)
        guard tick.raw > 0 else { return nil }
        let isin = value("isin")
        let token = value("exchange_token")
        return InstrumentListing(
            exchange: exchange,
            symbol: value("trading_symbol"),
            name: value("name").isEmpty ? value("trading_symbol") : value("name"),
            isin: isin.isEmpty || isin == "NA" ? nil : isin,
            series: value("series"),
            lot: lot,
            tick: tick,
            freezeQuantity: shares("freeze_quantity"),
            lowerCircuit: nil,
            upperCircuit: nil,
            price: nil,
            segment: exchange.rawValue + "_CASH",
            code: value("trading_symbol"),
            // The exchange's number; a list without the column serves orders all the same.
            feedCode: token.isEmpty ? nil : token
        )
    }
}
