import BrokerKit
package import Desk
import JSON
import Trading

/// Margins and charges: one order, a basket, the virtual contract note (kite.md §6).
extension ZerodhaBroker: MarginSource, ChargeSource {
    package func margin(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> MarginNeed
    {
        let available = try await funds(session).available
        guard orders.count != 1 else {
            let list = try await ask("/margins/orders", Self.body(orders), session).array
            guard let need = list?.first, let total = need.money("total") else {
                throw .unreachable("no margin in the answer")
            }
            return MarginNeed(
                required: total,
                available: available,
                charges: need["charges"]?.money("total")
            )
        }
        // What the account holds already is left out: the question is what these orders need.
        let basket = try await ask(
            "/margins/basket?consider_positions=false&mode=compact",
            Self.body(orders),
            session
        )
        guard let total = basket["final"]?.money("total") else {
            throw .unreachable("no margin in the answer")
        }
        let charges = (basket["orders"]?.array ?? []).compactMap { $0["charges"]?.money("total") }
        return MarginNeed(
            required: total,
            available: available,
            charges: charges.count == orders.count ? charges.reduce(.zero, +) : nil
        )
    }

    package func charges(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> [ChargeEstimate]
    {
        let body = Self.body(orders, asExecuted: true)
        guard let notes = try await ask("/charges/orders", body, session).array,
            notes.count == orders.count
        else { throw .unreachable("not one note for each order") }
        var estimates: [ChargeEstimate] = []
        for note in notes {
            guard let charges = note["charges"], let total = charges.money("total") else {
                throw .unreachable("no charges in the answer")
            }
            estimates.append(ChargeEstimate(total: total, lines: Self.lines(charges)))
        }
        return estimates
    }

    private static func lines(_ charges: JSONValue) -> [ChargeEstimate.Line] {
        let names: [(String, ChargeEstimate.Kind)] = [
            ("brokerage", .brokerage), ("transaction_tax", .transactionTax),
            ("exchange_turnover_charge", .exchange), ("sebi_turnover_charge", .regulator),
            ("stamp_duty", .stampDuty),
        ]
        var lines = names.compactMap { name, kind in
            charges.money(name).map { ChargeEstimate.Line(kind, $0) }
        }
        if let tax = charges["gst"]?.money("total") {
            lines.append(ChargeEstimate.Line(.goodsAndServicesTax, tax))
        }
        return lines
    }

    /// A JSON list, unlike all of Kite's other bodies; a contract note wants an id and a price paid.
    private static func body(_ orders: [ProspectiveOrder], asExecuted: Bool = false) -> [UInt8] {
        var body = JSONWriter()
        body.beginArray()
        for (place, order) in orders.enumerated() {
            body.beginObject()
            if asExecuted { body.field("order_id", String(place + 1)) }
            body.field("exchange", order.instrument.segment)
            body.field("tradingsymbol", order.instrument.code)
            body.field("transaction_type", order.side.rawValue)
            body.field("variety", "regular")
            body.field("product", ZerodhaWords.product(order.product))
            body.field("order_type", ZerodhaWords.orderType(order.type))
            body.field("quantity", order.quantity.raw)
            // An order at the market has no price of its own.
            body.key("price")
            body.rawNumber(order.type.hasPrice ? order.price.rupees : "0")
            body.key("trigger_price")
            body.rawNumber(order.trigger?.rupees ?? "0")
            if asExecuted {
                body.key("average_price")
                body.rawNumber(order.price.rupees)
            }
            body.endObject()
        }
        body.endArray()
        return body.bytes
    }
}
