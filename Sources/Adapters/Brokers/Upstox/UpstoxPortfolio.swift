import BrokerKit
package import Desk
import JSON
import Trading

/// Portfolio: holdings and positions (upstox.md §5).
extension UpstoxBroker {
    package func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] {
        let value = try await read("/v2/portfolio/long-term-holdings", session)
        return (value.array ?? []).compactMap(Self.holding)
    }

    /// Shares that are pledged or promised to today's sales are not free; what was bought yesterday
    /// and not delivered yet is not counted.
    private static func holding(_ value: JSONValue) -> BrokerHolding? {
        guard let symbol = value.text("trading_symbol") ?? value.text("tradingsymbol"),
            let quantity = value.quantity("quantity")
        else { return nil }
        let used = value.quantity("cnc_used_quantity") ?? .zero
        let pledged = value.quantity("collateral_quantity") ?? .zero
        return BrokerHolding(
            symbol: symbol,
            isin: value.text("isin"),
            quantity: quantity,
            free: Quantity(max(quantity.raw - used.raw - pledged.raw, 0)),
            averagePrice: value.price("average_price")
        )
    }

    package func positions(_ session: BrokerSession) async throws(BrokerFailure)
        -> [BrokerPosition]
    {
        var entries = try await read("/v2/portfolio/short-term-positions", session).array ?? []
        do {
            // Whether funded positions are among the others too is not documented.
            let funded = try await read("/v3/portfolio/mtf-positions", session).array ?? []
            entries += funded.filter { position in
                !entries.contains { Self.isSame($0, position) }
            }
        } catch .refused {
            // A client without margin funding has none.
        }
        return entries.compactMap { position in
            guard let symbol = position.text("trading_symbol") ?? position.text("tradingsymbol"),
                let segment = position.text("instrument_token")?.split(separator: "|").first,
                let product = position.text("product"),
                let net = position.netQuantity("quantity")
            else { return nil }
            return BrokerPosition(
                symbol: symbol,
                segment: String(segment),
                product: product,
                netQuantity: net,
                buyAverage: position.price("buy_price"),
                sellAverage: position.price("sell_price")
            )
        }
    }

    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        ["instrument_token", "product"].allSatisfy { left[$0] == right[$0] }
    }
}
