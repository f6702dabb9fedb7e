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

    package func list() async throws(BrokerFailure) -> InstrumentList {
        try Self.list(await InstrumentFile.fetch(url, by: client, atMost: Self.longestFile))
    }

    /// A list that was packed, or that a server on the way has unpacked.
    static func list(_ file: [UInt8]) throws(BrokerFailure) -> InstrumentList {
        InstrumentList { () throws(BrokerFailure) in
            Reader(rows: UpstoxInstrumentRows(try source(of: file)))
        }
    }

    /// Gives the file's text part by part.
    private static func source(of file: [UInt8]) throws(BrokerFailure)
        -> UpstoxInstrumentRows.Source
    {
        guard Gzip.isPacked(file) else {
            var rest: [UInt8]? = file
            return {
                defer { rest = nil }
                return rest
            }
        }
        do {
            let packed = try GzipReader(file, atMost: longestText)
            return { () throws(GzipError) in try packed.next() }
        } catch {
            throw .unreachable("the file is not what gzip makes")
        }
    }

    private struct Reader: InstrumentReader {
        var rows: UpstoxInstrumentRows
        private var isUnderstood = false

        init(rows: UpstoxInstrumentRows) { self.rows = rows }

        mutating func next() throws(BrokerFailure) -> InstrumentListing? {
            do {
                while let row = try rows.next() {
                    if let listing = UpstoxInstruments.listing(try JSONValue(parsing: row)) {
                        isUnderstood = true
                        return listing
                    }
                }
            } catch let error as JSONSyntaxError {
                throw .unreachable("the file is \(error)")
            } catch {
                throw .unreachable("the file is not what gzip makes")
            }
            guard isUnderstood else { throw .unreachable("no row of the file is understood") }
            return nil
        }
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
