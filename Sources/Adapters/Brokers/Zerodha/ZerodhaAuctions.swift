import BrokerKit
package import Desk
import JSON
import Trading

/// Auctions that shares of the account could be sold in (kite.md §5).
extension ZerodhaBroker: AuctionSource {
    package func auctions(_ session: BrokerSession) async throws(BrokerFailure) -> [Auction] {
        let value = try await read("/portfolio/holdings/auctions", session)
        guard let entries = value.array else { throw .unreachable("the auctions are no list") }
        let auctions = entries.compactMap(Self.auction)
        guard auctions.count == entries.count else {
            throw .unreachable("an entry of the auctions is not understood")
        }
        return auctions
    }

    private static func auction(_ value: JSONValue) -> Auction? {
        guard let number = value.text("auction_number"), let symbol = value.text("tradingsymbol"),
            let exchange = value.text("exchange"), let quantity = value.quantity("quantity")
        else { return nil }
        return Auction(
            number: number,
            symbol: symbol,
            exchange: exchange,
            isin: value.text("isin"),
            quantity: quantity,
            lastPrice: value.price("last_price")
        )
    }
}
