import BrokerKit
package import Desk
import JSON
package import Trading

/// Last prices (dhan.md §8): one call a second per account, up to 1,000 instruments.
extension DhanBroker {
    package func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        var body = JSONWriter()
        body.beginObject()
        for (segment, listed) in Dictionary(grouping: instruments, by: \.segment) {
            body.key(segment)
            body.beginArray()
            for id in listed.compactMap({ Int64($0.code) }) { body.integer(id) }
            body.endArray()
        }
        body.endObject()
        let value = try await read("/marketfeed/ltp", session, method: "POST", body: body.bytes)
        var prices: [InstrumentID: Price] = [:]
        for instrument in instruments {
            let quote = value["data"]?[instrument.segment]?[instrument.code]
            prices[instrument.instrument] = quote?.price("last_price")
        }
        return prices
    }
}
