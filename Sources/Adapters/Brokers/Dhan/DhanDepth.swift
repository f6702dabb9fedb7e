import BrokerKit
package import Desk
import JSON
package import Trading

/// The order book in a whole quote (dhan.md §8); counted with the quotes, one call a second.
extension DhanBroker: DepthSource {
    package func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
        async throws(BrokerFailure) -> MarketDepth
    {
        guard let id = Int64(instrument.code) else {
            throw .refused(code: "", words: "Dhan does not list it")
        }
        var body = JSONWriter()
        body.beginObject()
        body.key(instrument.segment)
        body.beginArray()
        body.integer(id)
        body.endArray()
        body.endObject()
        let value = try await read("/marketfeed/quote", session, method: "POST", body: body.bytes)
        guard let quote = value["data"]?[instrument.segment]?[instrument.code] else {
            throw .unreachable("no quote of the instrument")
        }
        return try quote.depth(lastTradeAt: quote.text("last_trade_time").flatMap(Self.dayFirst))
    }

    /// `20/11/2026 09:15:00`, which no other call of Dhan's writes so; 1980 where it never traded.
    private static func dayFirst(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 2 else { return nil }
        let day = parts[0].split(separator: "/").reversed().joined(separator: "-")
        return IndianTimeText.parse(day + " " + parts[1])
    }
}
