import BrokerKit
package import Desk
import JSON
package import Trading

/// Last prices (dhan.md §8): one call a second per account, up to 1,000 instruments.
extension DhanBroker {
    /// Instruments in one call at the most.
    private static let quotesPerCall = 1_000
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
            let some = try await quotes(ofFew: instruments[start..<end], session)
            prices.merge(some) { $1 }
        }
        return prices
    }

    private func quotes(ofFew instruments: ArraySlice<BrokerInstrument>, _ session: BrokerSession)
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
