import BrokerKit
package import Desk
import JSON
import Trading

/// Funds: the margin calculator for one order and for several (dhan.md §6).
extension DhanBroker: MarginSource, ChargeSource {
    package func margin(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> MarginNeed
    {
        guard orders.count != 1 else {
            let value = try await calculation(orders[0], session)
            return MarginNeed(
                required: try Self.money("totalMargin", in: value),
                available: value.money("availableBalance") ?? value.money("availabelBalance"),
                charges: value.money("brokerage")
            )
        }
        let value = try await read(
            "/margincalculator/multi",
            session,
            method: "POST",
            body: Self.basket(orders, session)
        )
        return MarginNeed(
            required: try Self.money("total_margin", in: value),
            available: try await funds(session).available,
            charges: nil
        )
    }

    /// Dhan tells the brokerage only; taxes and fees are in the statement of a day that is over.
    package func charges(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> [ChargeEstimate]
    {
        var estimates: [ChargeEstimate] = []
        for order in orders {
            let brokerage = try Self.money("brokerage", in: try await calculation(order, session))
            estimates.append(
                ChargeEstimate(total: brokerage, lines: [.init(.brokerage, brokerage)])
            )
        }
        return estimates
    }

    private func calculation(_ order: ProspectiveOrder, _ session: BrokerSession)
        async throws(BrokerFailure) -> JSONValue
    {
        var body = JSONWriter()
        body.beginObject()
        body.field("dhanClientId", session.brokerClientID)
        Self.write(order, to: &body)
        body.endObject()
        return try await read("/margincalculator", session, method: "POST", body: body.bytes)
    }

    /// Named as the official SDK names it; one sample of the documents says `scripts`.
    private static func basket(_ orders: [ProspectiveOrder], _ session: BrokerSession) -> [UInt8] {
        var body = JSONWriter()
        body.beginObject()
        body.field("dhanClientId", session.brokerClientID)
        body.field("includePosition", false)
        body.field("includeOrder", false)
        body.key("scripList")
        body.beginArray()
        for order in orders {
            body.beginObject()
            write(order, to: &body)
            body.endObject()
        }
        body.endArray()
        body.endObject()
        return body.bytes
    }

    private static func write(_ order: ProspectiveOrder, to body: inout JSONWriter) {
        body.field("exchangeSegment", order.instrument.segment)
        body.field("transactionType", order.side.rawValue)
        body.field("quantity", order.quantity.raw)
        body.field("productType", DhanWords.product(order.product))
        body.field("securityId", order.instrument.code)
        body.key("price")
        body.rawNumber(order.price.rupees)
        body.key("triggerPrice")
        body.rawNumber(order.trigger?.rupees ?? "0")
    }

    private static func money(_ name: String, in value: JSONValue) throws(BrokerFailure) -> Money {
        guard let amount = value.money(name) else { throw .unreachable("no \(name) in the answer") }
        return amount
    }
}
