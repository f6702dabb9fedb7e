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

    package func listings() async throws(BrokerFailure) -> [InstrumentListing] {
        // Derivatives are in it too: a hundred thousand lines and more.
        try Self.parse(await InstrumentFile.fetch(url, by: client, atMost: 256 << 20))
    }

    static func parse(_ bytes: [UInt8]) throws(BrokerFailure) -> [InstrumentListing] {
        var records = CSVRecords(bytes)
        guard let header = records.next()?.fields else { throw .unreachable("an empty file") }
        var columns: [String: Int] = [:]
        for (index, name) in header.enumerated() { columns[name] = index }
        let needed = [
            "exchange", "trading_symbol", "instrument_type", "segment", "series", "lot_size",
            "tick_size",
        ]
        guard needed.allSatisfy({ columns[$0] != nil }) else {
            throw .unreachable("the file lacks a column that is needed")
        }
        var rows: [GrowwInstrumentRow] = []
        while let record = records.next() {
            let row = GrowwInstrumentRow(fields: record.fields, columns: columns)
            if row.isShare { rows.append(row) }
        }
        let unit = GrowwInstrumentRow.unit(ofTicks: rows.compactMap(\.tick))
        return rows.compactMap { $0.listing(ticksIn: unit) }
    }
}

/// One line of the list.
struct GrowwInstrumentRow {
    /// What the numbers of the column of ticks count.
    enum TickUnit {
        case rupees, paise
    }

    let fields: [String]
    let columns: [String: Int]

    private func value(_ name: String) -> String {
        guard let index = columns[name], index < fields.count else { return "" }
        return fields[index]
    }

    /// A number of shares that may enter; nil for none.
    private func shares(_ name: String) -> Quantity? {
        JSONNumber(value(name))?.scaled(0).flatMap {
            (1...Quantity.limit.raw).contains($0) ? Quantity($0) : nil
        }
    }

    /// One that may be bought and sold, as far as the file says.
    var isShare: Bool {
        value("segment") == "CASH" && value("instrument_type") == "EQ"
            && ["buy_allowed", "sell_allowed"].allSatisfy { !["0", "false"].contains(value($0)) }
    }

    /// As it is written, read as rupees.
    var tick: Price? { Price(rupees: value("tick_size")) }

    /// The documents show RELIANCE's both as 0.05 and as 5: only what is below 1 tells, and where
    /// ticks are in rupees most shares have one that is.
    static func unit(ofTicks ticks: [Price]) -> TickUnit {
        ticks.contains { $0.raw > 0 && $0.raw < 10_000 } ? .rupees : .paise
    }

    /// Nil without what an order needs.
    func listing(ticksIn unit: TickUnit) -> InstrumentListing? {
        guard let exchange = ExchangeName(rawValue: value("exchange")),
            let lot = shares("lot_size"), let written = tick,
            !value("trading_symbol").isEmpty
        else { return nil }
        let tick = Price(raw: unit == .paise ? written.raw / 100 : written.raw)
        guard tick.raw > 0 else { return nil }
        let isin = value("isin")
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
            code: value("trading_symbol")
        )
    }
}
