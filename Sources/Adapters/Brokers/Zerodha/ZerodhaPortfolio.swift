import BrokerKit
package import Desk
import JSON
import Trading

/// Portfolio: holdings and positions (kite.md §5).
extension ZerodhaBroker {
    package func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] {
        guard let entries = try await read("/portfolio/holdings", session).array else {
            throw .unreachable("the holdings are no list")
        }
        return entries.compactMap(Self.holding)
    }

    /// Shares that are on their way to the depository are counted apart from the others, as the
    /// recorded answers show: 11, and 1 of yesterday, where the day began with 12.
    private static func holding(_ value: JSONValue) -> BrokerHolding? {
        guard let symbol = value.text("tradingsymbol"), let settled = value.quantity("quantity")
        else { return nil }
        let quantity = settled + (value.quantity("t1_quantity") ?? .zero)
        let used = value.quantity("used_quantity") ?? .zero
        return BrokerHolding(
            symbol: ZerodhaSymbol.symbol(symbol, at: value.text("exchange")),
            isin: value.text("isin"),
            quantity: quantity,
            free: used < quantity ? quantity - used : .zero,
            averagePrice: value.price("average_price")
        )
    }

    /// Of the two lists that of what is open: the other one has the day's trades alone.
    package func positions(_ session: BrokerSession) async throws(BrokerFailure)
        -> [BrokerPosition]
    {
        guard let entries = try await read("/portfolio/positions", session)["net"]?.array else {
            throw .unreachable("the positions are no list")
        }
        return entries.compactMap { position in
            guard let symbol = position.text("tradingsymbol"),
                let exchange = position.text("exchange"),
                let product = position.text("product"),
                let net = position.netQuantity("quantity")
            else { return nil }
            return BrokerPosition(
                symbol: ZerodhaSymbol.symbol(symbol, at: exchange),
                segment: exchange,
                product: product,
                netQuantity: net,
                buyAverage: position.price("buy_price"),
                sellAverage: position.price("sell_price")
            )
        }
    }
}
