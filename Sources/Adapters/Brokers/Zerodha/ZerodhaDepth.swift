import BrokerKit
package import Desk
import JSON
package import Trading

/// The order book in a whole quote (kite.md §8); counted with the quotes, one call a second.
extension ZerodhaBroker: DepthSource {
    package func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
        async throws(BrokerFailure) -> MarketDepth
    {
        let key = Self.key(instrument)
        let quotes = try await read("/quote?" + FormBody([("i", key)]).text, session)
        guard let quote = quotes[key] else { throw .unreachable("no quote of the instrument") }
        return try quote.depth(
            lastTradeAt: quote.text("last_trade_time").flatMap(IndianTimeText.parse)
        )
    }
}
