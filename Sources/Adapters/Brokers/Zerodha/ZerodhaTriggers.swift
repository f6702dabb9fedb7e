import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// GTT: orders that wait for a trigger for up to a year, single or two-leg (kite.md §4).
///
/// Kite keeps no tag of ours on them: one whose answer was lost is known by its content alone.
extension ZerodhaBroker: ConditionalOrders {
    static let triggering = "/gtt/triggers"

    package var conditionalTraits: ConditionalTraits { Self.declaredConditional }

    /// What Kite's documents promise of these.
    package static let declaredConditional = ConditionalTraits(
        kinds: [.single: gtt, .oneCancelsOther: gtt],
        refusals: refusals.map {
            RefusalProof(
                path: triggering,
                status: $0.status,
                code: $0.code,
                reason: $0.reason,
                source: $0.source
            )
        }
    )

    /// A GTT outlives the day, so it is for what may be held overnight.
    private static let gtt = ConditionalTraits.Kind(
        products: [.delivery, .marginFunding],
        limits: .needed,
        showsReferences: false,
        listsEnded: true,
        namesOrders: true
    )

    package func place(
        _ attempt: ConditionalAttempt,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> PlacementAnswer {
        guard let instrument = attempt.session.instrument else {
            return .refused(.noInstrumentAtBroker, words: "")
        }
        let last: Price
        do {
            last = try await lastPrice(instrument, attempt.session)
        } catch {
            // Only a price was asked for so far.
            return .notSent("no last price: \(error.words)")
        }
        let form = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
        do {
            let reply = try await calls.sendOnce(
                "POST",
                Self.triggering,
                headers: headers(attempt.session) + form,
                body: Self.triggerForm(attempt.terms, instrument, last: last),
                egress: attempt.session.egress,
                before: deadline
            )
            return ZerodhaErrors.answer(
                toPlacement: reply,
                at: Self.triggering,
                by: Self.declaredConditional.refusals,
                idAs: "trigger_id"
            )
        } catch {
            return PlacementAnswer(error)
        }
    }

    /// Kite wants to be told the last price, and reads from it which way a trigger is crossed.
    private func lastPrice(_ instrument: BrokerInstrument, _ session: BrokerSession)
        async throws(BrokerFailure) -> Price
    {
        let prices = try await quotes([instrument], session)
        guard let price = prices[instrument.instrument] else {
            throw .unreachable("the quotes do not have it")
        }
        return price
    }

    /// Condition and orders are JSON inside the form; triggers rise, and each has its order.
    static func triggerForm(
        _ terms: ConditionalTerms,
        _ instrument: BrokerInstrument,
        last: Price
    ) -> [UInt8] {
        let legs = terms.condition.legs.sorted { $0.trigger < $1.trigger }
        var condition = JSONWriter(capacity: 192)
        condition.beginObject()
        condition.field("exchange", instrument.segment)
        condition.field("tradingsymbol", instrument.code)
        condition.key("trigger_values")
        condition.beginArray()
        for leg in legs { condition.rawNumber(leg.trigger.rupees) }
        condition.endArray()
        condition.key("last_price")
        condition.rawNumber(last.rupees)
        condition.endObject()
        var orders = JSONWriter(capacity: 512)
        orders.beginArray()
        for leg in legs {
            orders.beginObject()
            orders.field("exchange", instrument.segment)
            orders.field("tradingsymbol", instrument.code)
            orders.field("transaction_type", terms.side.rawValue)
            orders.field("quantity", terms.quantity.raw)
            orders.field("order_type", "LIMIT")
            orders.field("product", ZerodhaWords.product(terms.product))
            orders.key("price")
            orders.rawNumber((leg.price ?? leg.trigger).rupees)
            orders.endObject()
        }
        orders.endArray()
        var form = FormBody()
        form.field("type", legs.count == 1 ? "single" : "two-leg")
        form.field("condition", String(decoding: condition.bytes, as: UTF8.self))
        form.field("orders", String(decoding: orders.bytes, as: UTF8.self))
        return form.bytes
    }

    package func conditionalOrders(like order: ConditionalAttempt) async throws(BrokerFailure)
        -> [ConditionalReport]
    {
        guard let entries = try await read(Self.triggering, order.session).array else {
            throw .unreachable("the triggers are no list")
        }
        return try entries.map(Self.triggerReport)
    }

    package func look(_ order: LiveConditional) async throws(BrokerFailure) -> ConditionalReport {
        let report = try Self.triggerReport(
            await read(Self.triggering + "/" + order.brokerID, order.session)
        )
        guard report.brokerID == order.brokerID else {
            throw .unreachable("the trigger is not in the answer")
        }
        return report
    }

    package func modify(_ order: LiveConditional, to terms: ConditionalTerms)
        async throws(BrokerFailure)
    {
        guard let instrument = order.session.instrument else {
            throw .refused(code: "", words: "the instrument is not listed at the broker")
        }
        let last = try await lastPrice(instrument, order.session)
        let reply = try await cancelCalls.read(
            "PUT",
            Self.triggering + "/" + order.brokerID,
            headers: headers(order.session)
                + [(name: "Content-Type", value: "application/x-www-form-urlencoded")],
            body: Self.triggerForm(terms, instrument, last: last),
            egress: order.session.egress
        )
        _ = try ZerodhaErrors.data(of: reply)
    }

    package func cancel(_ order: LiveConditional) async throws(BrokerFailure) {
        let reply = try await cancelCalls.read(
            "DELETE",
            Self.triggering + "/" + order.brokerID,
            headers: headers(order.session),
            egress: order.session.egress
        )
        _ = try ZerodhaErrors.data(of: reply)
    }

    static func triggerReport(_ value: JSONValue) throws(BrokerFailure) -> ConditionalReport {
        let orders = value["orders"]?.array ?? []
        guard let id = value.text("id"), let condition = value["condition"],
            let code = condition.text("tradingsymbol"), let first = orders.first,
            let side = first.text("transaction_type").flatMap(Side.init(rawValue:)),
            let quantity = first.quantity("quantity"),
            let values = condition["trigger_values"]?.array, !values.isEmpty
        else { throw .unreachable("an entry of the triggers is not understood") }
        let triggers = values.compactMap { $0.number.flatMap { Price(rupees: $0.text) } }.sorted()
        guard triggers.count == values.count else {
            throw .unreachable("a trigger's price is not understood")
        }
        let results = orders.compactMap { $0["result"]?["order_result"] }
        return ConditionalReport(
            brokerID: id,
            reference: nil,
            status: triggerStatus(value.text("status")),
            content: ConditionalContent(
                kind: triggers.count == 1 ? .single : .oneCancelsOther,
                side: side,
                code: code,
                quantity: quantity,
                // The target first: above where shares are sold, below where they are bought back.
                triggers: side == .sell ? triggers.reversed() : triggers
            ),
            createdAt: value.text("created_at").flatMap(IndianTimeText.parse),
            orders: results.compactMap { $0.text("order_id") },
            message: results.lazy.compactMap { $0.text("rejection_reason") }.first
        )
    }

    /// A disabled one fires no more; a word that nobody documents is no end.
    private static func triggerStatus(_ word: String?) -> ConditionalReport.Status {
        switch word {
        case "triggered": .triggered
        case "cancelled", "deleted", "disabled": .cancelled
        case "rejected": .rejected
        case "expired": .expired
        default: .waiting
        }
    }
}
