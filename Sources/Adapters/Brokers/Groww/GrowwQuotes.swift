import BrokerKit
package import Desk
import JSON
package import Trading

/// Last prices (groww.md §8, §9): up to 50 instruments a call, 300 calls a minute.
extension GrowwBroker {
    /// Instruments in one call at the most.
    private static let quotesPerCall = 50
    /// From one call to the next, with some room for the broker's own clock.
    private static let quotePause: Duration = .milliseconds(220)

    package func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        var named: [(id: InstrumentID, listing: GrowwListing)] = []
        for instrument in instruments {
            guard let listing = GrowwListing(instrument) else { continue }
            named.append((instrument.instrument, listing))
        }
        var prices: [InstrumentID: Price] = [:]
        var isFirst = true
        for (segment, some) in Dictionary(grouping: named, by: \.listing.segment) {
            for start in stride(from: 0, to: some.count, by: Self.quotesPerCall) {
                if !isFirst, (try? await Task.sleep(for: Self.quotePause)) == nil {
                    throw .unreachable("cancelled")
                }
                isFirst = false
                let few = some[start..<min(start + Self.quotesPerCall, some.count)]
                let names = few.map { $0.listing.exchange + "_" + $0.listing.symbol }
                let value = try await read(
                    "/live-data/ltp?segment=\(segment)&exchange_symbols="
                        // Symbols such as `M&M` would end their parameter.
                        + FormBody.encoded(names.joined(separator: ",")),
                    session
                )
                for (one, name) in zip(few, names) { prices[one.id] = value.price(name) }
            }
        }
        return prices
    }
}
