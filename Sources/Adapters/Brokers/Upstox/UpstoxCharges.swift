import BrokerKit
package import Desk
import JSON
import Trading

/// Charges: margins and brokerage (upstox.md §6).
extension UpstoxBroker: MarginSource, ChargeSource {
    /// Instruments in one call at the most.
    private static let mostOrders = 20

    package func margin(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> MarginNeed
    {
        guard orders.count <= Self.mostOrders else {
            throw .refused(code: "orders", words: "Upstox reckons 20 orders at once at the most")
        }
        var body = JSONWriter()
        body.beginObject()
        body.key("instruments")
        body.beginArray()
        for order in orders {
            body.beginObject()
            body.field("instrument_key", UpstoxWords.key(order.instrument))
            body.field("quantity", order.quantity.raw)
            body.field("product", UpstoxWords.product(order.product))
            body.field("transaction_type", order.side.rawValue)
            body.key("price")
            body.rawNumber(order.price.rupees)
            body.endObject()
        }
        body.endArray()
        body.endObject()
        let value = try await ask("/v2/charges/margin", body.bytes, session)
        // What hedges take off is off in the final margin.
        guard let required = value.money("final_margin") ?? value.money("required_margin") else {
            throw .unreachable("no margin in the answer")
        }
        return MarginNeed(
            required: required,
            available: try await margin(
                forDelivery: orders.contains { $0.product == .delivery },
                session
            ),
            charges: nil
        )
    }

    package func charges(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> [ChargeEstimate]
    {
        var estimates: [ChargeEstimate] = []
        for order in orders {
            let query = FormBody([
                ("instrument_token", UpstoxWords.key(order.instrument)),
                ("quantity", String(order.quantity.raw)),
                ("product", UpstoxWords.product(order.product)),
                ("transaction_type", order.side.rawValue), ("price", order.price.rupees),
            ])
            let value = try await read("/v2/charges/brokerage?" + query.text, session)
            guard let charges = value["charges"], let total = charges.money("total") else {
                throw .unreachable("no charges in the answer")
            }
            estimates.append(ChargeEstimate(total: total, lines: Self.lines(charges)))
        }
        return estimates
    }

    /// The documents show some members in two spellings, and either may come alone.
    private static func lines(_ charges: JSONValue) -> [ChargeEstimate.Line] {
        let others = charges["other_charges"] ?? charges["otherTaxes"]
        let taxes = charges["taxes"]
        let amounts: [(ChargeEstimate.Kind, Money?)] = [
            (.brokerage, charges.money("brokerage")), (.transactionTax, taxes?.money("stt")),
            (.exchange, others?.money("transaction")), (.clearing, others?.money("clearing")),
            (.investorProtection, others?.money("ipft")),
            (.regulator, others?.money("sebi_turnover")),
            (.stampDuty, taxes?.money("stamp_duty")),
            (.goodsAndServicesTax, taxes?.money("gst")),
        ]
        return amounts.compactMap { kind, amount in
            amount.map { ChargeEstimate.Line(kind, $0) }
        }
    }
}
