import BrokerKit
package import Desk
import JSON
package import Trading

/// Last prices (upstox.md §8).
extension UpstoxBroker {
    /// Upstox takes 500 keys in one call; half of them keep the target below the 8 KB that many
    /// servers on the way allow.
    private static let quotesPerCall = 250

    package func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        var prices: [InstrumentID: Price] = [:]
        for start in stride(from: 0, to: instruments.count, by: Self.quotesPerCall) {
            let end = min(start + Self.quotesPerCall, instruments.count)
            let some = try await quotes(ofFew: instruments[start..<end], session)
            prices.merge(some) { $1 }
        }
        return prices
    }

    private func quotes(ofFew instruments: ArraySlice<BrokerInstrument>, _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        let keys = instruments.map(UpstoxWords.key).joined(separator: ",")
        let path = "/v3/market-quote/ltp?instrument_key=" + FormBody.encoded(keys)
        let value = try await read(path, session)
        guard let quotes = value.object else { throw .unreachable("the quotes are no object") }
        // The members are named by trading symbol; which instrument they are of stands inside.
        var byKey: [String: Price] = [:]
        for quote in quotes {
            guard let key = quote.value.text("instrument_token") else { continue }
            byKey[key] = quote.value.price("last_price")
        }
        var prices: [InstrumentID: Price] = [:]
        for instrument in instruments {
            prices[instrument.instrument] = byKey[UpstoxWords.key(instrument)]
        }
        return prices
    }
}
