import BrokerKit
package import Desk
import JSON
import Trading

/// Portfolio: holdings and positions (groww.md §5).
extension GrowwBroker {
    package func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] {
        let value = try await read("/holdings/user", session)
        return (value["holdings"]?.array ?? []).compactMap { holding in
            guard let symbol = holding.text("trading_symbol"),
                let quantity = holding.quantity("quantity")
            else { return nil }
            return BrokerHolding(
                symbol: symbol,
                isin: holding.text("isin"),
                quantity: quantity,
                free: holding.quantity("demat_free_quantity") ?? .zero,
                averagePrice: holding.price("average_price")
            )
        }
    }

    package func positions(_ session: BrokerSession) async throws(BrokerFailure)
        -> [BrokerPosition]
    {
        let value = try await read("/positions/user", session)
        return (value["positions"]?.array ?? []).compactMap { position in
            guard let symbol = position.text("trading_symbol"), let net = Self.net(position),
                let exchange = position.text("exchange"),
                let segment = position.text("segment"), let product = position.text("product")
            else { return nil }
            return BrokerPosition(
                symbol: symbol,
                segment: exchange + "_" + segment,
                product: product,
                netQuantity: net,
                buyAverage: position.price("credit_price"),
                sellAverage: position.price("debit_price")
            )
        }
    }

    /// Credit is what was bought, debit what was sold; whether `quantity` has a sign where more was
    /// sold is not documented, so it counts only where these two are missing.
    private static func net(_ position: JSONValue) -> Int64? {
        guard let bought = position.quantity("credit_quantity"),
            let sold = position.quantity("debit_quantity")
        else { return position.netQuantity("quantity") }
        return bought.raw - sold.raw
    }
}
