import BrokerKit
package import Desk
import Gzip
package import HTTPClient
import JSON
package import Trading

/// Upstox's instrument list (upstox.md §8): an array of JSON objects, packed by gzip.
///
/// Only cash equities of NSE and BSE; tick sizes are in paise there.
package struct UpstoxInstruments: InstrumentMaster {
    package let broker = BrokerName.upstox
    /// Packed, and unpacked: the file of all exchanges has some 200,000 rows.
    private static let longestFile = 64 << 20
    private static let longestText = 512 << 20

    private let client: HTTPClient
    private let url: String

    package init(client: HTTPClient, url: String) {
        self.client = client
        self.url = url
    }

    package func listings() async throws(BrokerFailure) -> [InstrumentListing] {
        let file = try await InstrumentFile.fetch(url, by: client, atMost: Self.longestFile)
        // A server on the way may have unpacked the file.
        guard Gzip.isPacked(file) else { return try Self.parse(file) }
        do {
            return try Self.parse(try Gzip.unpacked(file, atMost: Self.longestText))
        } catch let failure as BrokerFailure {
            throw failure
        } catch {
            throw .unreachable("the file is not what gzip makes")
        }
    }

    static func parse(_ bytes: [UInt8]) throws(BrokerFailure) -> [InstrumentListing] {
        var rows = UpstoxInstrumentRows(bytes)
        var listings: [InstrumentListing] = []
        do {
            while let row = try rows.next() {
                if let listing = listing(try JSONValue(parsing: row)) { listings.append(listing) }
            }
        } catch {
            throw .unreachable("the file is \(error)")
        }
        guard !listings.isEmpty else { throw .unreachable("no row of the file is understood") }
        return listings
    }

    /// Nil for anything but a share.
    private static func listing(_ row: JSONValue) -> InstrumentListing? {
        guard let segment = row.text("segment"), let exchange = exchange(segment),
            let key = row.text("instrument_key")?.split(separator: "|"), key.count == 2,
            key[0] == segment, let symbol = row.text("trading_symbol"),
            let series = row.text("instrument_type"),
            let lot = row.quantity("lot_size"), lot > .zero,
            let tick = row.price("tick_size"), tick.raw >= 100
        else { return nil }
        return InstrumentListing(
            exchange: exchange,
            symbol: symbol,
            name: row.text("name") ?? symbol,
            isin: row.text("isin"),
            series: series,
            lot: lot,
            // Paise in the file: a hundredth of the number read as rupees.
            tick: Price(raw: tick.raw / 100),
            // The file has the same round number for every share, which is no limit of the
            // exchange's and would hold clients of other brokers to it.
            freezeQuantity: nil,
            lowerCircuit: nil,
            upperCircuit: nil,
            price: nil,
            segment: segment,
            code: String(key[1])
        )
    }

    private static func exchange(_ segment: String) -> ExchangeName? {
        switch segment {
        case "NSE_EQ": .nse
        case "BSE_EQ": .bse
        default: nil
        }
    }
}
