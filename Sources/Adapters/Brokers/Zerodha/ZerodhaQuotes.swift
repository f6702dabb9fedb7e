import BrokerKit
package import Desk
import JSON
package import Trading

/// Last prices (kite.md §8): one call a second.
extension ZerodhaBroker {
    /// Kite takes 1,000; servers and proxies between take no address of that length.
    private static let quotesPerCall = 250
    /// From one call to the next, with some room for the broker's own clock.
    private static let quotePause: Duration = .milliseconds(1_100)

    package func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        var prices: [InstrumentID: Price] = [:]
        for start in stride(from: 0, to: instruments.count, by: Self.quotesPerCall) {
            if start > 0, (try? await Task.sleep(for: Self.quotePause)) == nil {
                throw .unreachable("cancelled")
            }
            let end = min(start + Self.quotesPerCall, instruments.count)
            var query = FormBody()
            for instrument in instruments[start..<end] { query.field("i", Self.key(instrument)) }
            let quotes = try await read("/quote/ltp?" + query.text, session)
            // What Kite does not know is simply missing.
            for instrument in instruments[start..<end] {
                prices[instrument.instrument] = quotes[Self.key(instrument)]?.price("last_price")
            }
        }
        return prices
    }

    static func key(_ instrument: BrokerInstrument) -> String {
        instrument.segment + ":" + instrument.code
    }
}
