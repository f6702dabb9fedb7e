import BrokerKit
package import Desk
import HTTPClient
import JSON
import Trading

/// Margins: what orders need; and whether sales need a word of the client's (groww.md §5, §6).
extension GrowwBroker: MarginSource, ChargeSource, SaleAuthorization {
    /// One question for each order: Groww takes several at once for derivatives only.
    package func margin(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> MarginNeed
    {
        var required = Money.zero
        var charges = Money.zero
        for order in orders {
            let need = try await need(order, session)
            guard let total = need.money("total_requirement") else {
                throw .unreachable("no margin in the answer")
            }
            required += total
            charges += need.money("brokerage_and_charges") ?? .zero
        }
        return MarginNeed(
            required: required,
            available: try await funds(session).available,
            charges: charges
        )
    }

    /// One sum, which Groww does not tell apart.
    package func charges(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> [ChargeEstimate]
    {
        var estimates: [ChargeEstimate] = []
        for order in orders {
            guard let sum = try await need(order, session).money("brokerage_and_charges") else {
                throw .unreachable("no charges in the answer")
            }
            estimates.append(ChargeEstimate(total: sum, lines: []))
        }
        return estimates
    }

    private func need(_ order: ProspectiveOrder, _ session: BrokerSession)
        async throws(BrokerFailure) -> JSONValue
    {
        guard let listing = GrowwListing(order.instrument) else {
            throw .refused(code: "instrument", words: "Groww does not list the instrument")
        }
        var body = JSONWriter()
        body.beginArray()
        body.beginObject()
        body.field("trading_symbol", listing.symbol)
        body.field("transaction_type", order.side.rawValue)
        body.field("quantity", order.quantity.raw)
        body.key("price")
        body.rawNumber(order.price.rupees)
        body.field("order_type", GrowwWords.orderType(order.type))
        body.field("product", GrowwWords.product(order.product))
        body.field("exchange", listing.exchange)
        body.endObject()
        body.endArray()
        let reply = try await calls.read(
            "POST",
            "/margins/detail/orders?segment=" + listing.segment,
            headers: headers(session),
            body: body.bytes
        )
        return try GrowwErrors.payload(of: reply)
    }

    package var way: SaleAuthorizationWay { .atBroker }

    package func saleStanding(isin: String?, _ session: BrokerSession) async throws(BrokerFailure)
        -> SaleStanding
    {
        SaleStanding(hasMandate: try await profile(session).hasMandate, shares: [])
    }

    package func sendPIN(_ session: BrokerSession) async throws(BrokerFailure) {
        throw .refused(code: "no call", words: "Groww sends PINs from its own pages")
    }

    package func authorize(_ shares: [SharesToSell], _ session: BrokerSession)
        async throws(BrokerFailure) -> AuthorizationPage
    {
        throw .refused(code: "no call", words: "the client authorises sales on Groww's own pages")
    }
}
