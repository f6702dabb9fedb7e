import BrokerKit
package import Desk
import JSON
import Trading

/// Portfolio: holdings and positions (dhan.md §5).
extension DhanBroker {
    package func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] {
        do {
            let value = try await read("/holdings", session)
            return (value.array ?? []).compactMap(Self.holding)
        } catch .refused(code: "DH-1111", _) {
            // "No holdings" is an error in Dhan's answer, with HTTP 500.
            return []
        }
    }

    private static func holding(_ value: JSONValue) -> BrokerHolding? {
        guard let symbol = value.text("tradingSymbol"), let quantity = value.quantity("totalQty")
        else { return nil }
        return BrokerHolding(
            symbol: symbol,
            isin: value.text("isin"),
            quantity: quantity,
            free: value.quantity("availableQty") ?? .zero,
            averagePrice: value.price("avgCostPrice")
        )
    }

    package func positions(_ session: BrokerSession) async throws(BrokerFailure)
        -> [BrokerPosition]
    {
        let value = try await read("/positions", session)
        return (value.array ?? []).compactMap { position in
            guard let symbol = position.text("tradingSymbol"),
                let segment = position.text("exchangeSegment"),
                let product = position.text("productType"),
                let net = position.netQuantity("netQty")
            else { return nil }
            return BrokerPosition(
                symbol: symbol,
                segment: segment,
                product: product,
                netQuantity: net,
                buyAverage: position.price("buyAvg"),
                sellAverage: position.price("sellAvg")
            )
        }
    }
}
