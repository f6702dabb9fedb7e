import BrokerKit
package import Desk
import JSON
package import Trading

/// The order book in a whole quote (groww.md §8), which counts no orders; 10 calls a second, 300 a
/// minute.
extension GrowwBroker: DepthSource {
    package func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
        async throws(BrokerFailure) -> MarketDepth
    {
        guard let listing = GrowwListing(instrument) else {
            throw .refused(code: "", words: "Groww does not list it")
        }
        let query = FormBody([
            ("exchange", listing.exchange), ("segment", listing.segment),
            ("trading_symbol", listing.symbol),
        ])
        let quote = try await read("/live-data/quote?" + query.text, session)
        return try quote.depth(lastTradeAt: quote.milliseconds("last_trade_time"))
    }
}
