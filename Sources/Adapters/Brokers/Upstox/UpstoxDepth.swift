import BrokerKit
package import Desk
import JSON
package import Trading

/// The order book in a whole quote (upstox.md §8); counted with all reads.
extension UpstoxBroker: DepthSource {
    package func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
        async throws(BrokerFailure) -> MarketDepth
    {
        let key = UpstoxWords.key(instrument)
        let path = "/v2/market-quote/quotes?instrument_key=" + FormBody.encoded(key)
        let quotes = try await read(path, session).object
        // The member is named by trading symbol; which instrument it is of stands inside.
        guard let quote = quotes?.first(where: { $0.value.text("instrument_token") == key })?.value
        else { throw .unreachable("no quote of the instrument") }
        return try quote.depth(lastTradeAt: quote.milliseconds("last_trade_time"))
    }
}
