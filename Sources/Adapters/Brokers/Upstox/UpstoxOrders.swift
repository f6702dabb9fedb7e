import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Orders: place, find, list, look, cancel (upstox.md §2).
extension UpstoxBroker {
    package func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        guard let instrument = attempt.session.instrument else {
            return .refused(.noInstrumentAtBroker, words: "")
        }
        do {
            let reply = try await hosts.orders.sendOnce(
                "POST",
                Self.placing,
                headers: Self.headers(attempt.session),
                body: Self.placementBody(attempt, instrument),
                egress: attempt.session.egress,
                before: deadline,
                unless: attempt.brake
            )
            return UpstoxErrors.answer(toPlacement: reply)
        } catch {
            return PlacementAnswer(error)
        }
    }

    static func placementBody(_ attempt: Attempt, _ instrument: BrokerInstrument) -> [UInt8] {
        let terms = attempt.terms
        var body = JSONWriter(capacity: 384)
        body.beginObject()
        body.field("quantity", attempt.quantity.raw)
        body.field("product", UpstoxWords.product(terms.product))
        body.field("validity", terms.validity.rawValue)
        body.key("price")
        body.rawNumber(terms.price?.rupees ?? "0")
        body.field("tag", attempt.reference)
        // One order has one id: what is above the freeze quantity is not to be split up.
        body.field("slice", false)
        body.field("instrument_token", UpstoxWords.key(instrument))
        body.field("order_type", UpstoxWords.orderType(terms.type))
        body.field("transaction_type", terms.side.rawValue)
        body.field("disclosed_quantity", 0)
        body.key("trigger_price")
        body.rawNumber(terms.trigger?.rupees ?? "0")
        body.field("is_amo", false)
        // An order at the market without protection is refused (UDAPI1158); -1: Upstox's own band.
        if terms.type == .market || terms.type == .stopMarket {
            body.field("market_protection", -1)
        }
        body.endObject()
        return body.bytes
    }

    package func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? {
        let states: [JSONValue]
        do {
            let tag = FormBody.encoded(doubt.reference)
            states = try await read("/v2/order/history?tag=" + tag, doubt.session).array ?? []
        } catch .refused {
            // What an unknown tag gets is not documented; only the whole book proves absence.
            return nil
        }
        let state = states.first { $0.text("tag") == doubt.reference }
        guard let id = state?.text("order_id") else { return nil }
        // The history has every state that the order was in; its order of them is not documented.
        return try await details(of: id, doubt.session)
    }

    package func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        let value = try await read("/v2/order/retrieve-all", session)
        guard let entries = value.array else { throw .unreachable("the order book is no list") }
        let reports = entries.compactMap(Self.report)
        // A book that is not understood to the last entry cannot testify that an order is absent.
        guard reports.count == entries.count else {
            throw .unreachable("an entry of the order book is not understood")
        }
        return reports
    }

    package func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        let value = try await read("/v2/order/trades/get-trades-for-day", session)
        guard let entries = value.array else { throw .unreachable("the trades are no list") }
        let trades = entries.compactMap(Self.trade)
        // As with the book: what is not understood to the last entry proves nothing.
        guard trades.count == entries.count else {
            throw .unreachable("an entry of the trades is not understood")
        }
        return trades
    }

    package func look(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    ) {
        // What a cancel came to is not to wait behind orders either.
        let own = order.isCancelAsked ? UpstoxBroker(hosts: cancelHosts) : self
        let report = try await own.details(of: order.brokerOrderID, order.session)
        guard report.filled > order.filled else { return (report, []) }
        return (report, try await own.trades(of: order))
    }

    /// An order as it stands now.
    private func details(of id: String, _ session: BrokerSession) async throws(BrokerFailure)
        -> OrderReport
    {
        let path = "/v2/order/details?order_id=" + FormBody.encoded(id)
        guard let report = Self.report(try await read(path, session)), report.brokerOrderID == id
        else { throw .unreachable("the order is not in the answer") }
        return report
    }

    /// The order's trades, from the day's list where its own is refused; none where neither tells
    /// now: the order's state is news all the same, and what it lacks is looked at again.
    private func trades(of order: LiveOrder) async throws(BrokerFailure) -> [TradeReport] {
        let own = "/v2/order/trades?order_id=" + FormBody.encoded(order.brokerOrderID)
        for path in [own, "/v2/order/trades/get-trades-for-day"] {
            do {
                let entries = try await read(path, order.session).array ?? []
                let trades = entries.compactMap(Self.trade)
                    .filter { $0.brokerOrderID == order.brokerOrderID }
                if !trades.isEmpty { return trades }
            } catch {
                switch error {
                case .sessionEnded: throw error
                case .refused: continue
                case .limited, .unreachable: return []
                }
            }
        }
        return []
    }

    package func cancel(_ order: LiveOrder) async throws(BrokerFailure) {
        let reply = try await cancelHosts.orders.read(
            "DELETE",
            "/v3/order/cancel?order_id=" + FormBody.encoded(order.brokerOrderID),
            headers: Self.headers(order.session),
            // The official SDK sends an empty object with every DELETE (§1).
            body: Array("{}".utf8),
            egress: order.session.egress
        )
        _ = try UpstoxErrors.data(of: reply)
    }

    private static func report(_ value: JSONValue) -> OrderReport? {
        guard let id = value.text("order_id"), let filled = value.filled("filled_quantity")
        else { return nil }
        return OrderReport(
            brokerOrderID: id,
            reference: value.text("tag"),
            // An order with a word that nobody documents is there all the same; it must not be
            // taken for absent, and nothing more is known of it.
            status: value.text("status").flatMap { UpstoxWords.status($0, filled: filled) }
                ?? .inTransit,
            quantity: value.quantity("quantity") ?? .zero,
            filled: filled,
            message: value.text("status_message") ?? value.text("status_message_raw"),
            reported: ReportedShape(
                type: value.text("order_type").flatMap(UpstoxWords.orderType),
                price: value.price("price"),
                trigger: value.price("trigger_price")
            ),
            particulars: particulars(value)
        )
    }

    private static func particulars(_ value: JSONValue) -> OrderParticulars? {
        guard let side = value.text("transaction_type").flatMap(Side.init(rawValue:)),
            let code = value.text("instrument_token")?.split(separator: "|").last
        else { return nil }
        let at = value.text("order_timestamp").flatMap(UpstoxWords.time)
        return OrderParticulars(side: side, code: String(code), at: at)
    }

    private static func trade(_ value: JSONValue) -> TradeReport? {
        guard let order = value.text("order_id"), let id = value.text("trade_id"),
            let quantity = value.quantity("quantity"), quantity > .zero,
            let price = value.price("average_price")
        else { return nil }
        let at = ["exchange_timestamp", "order_timestamp"].lazy
            .compactMap { value.text($0).flatMap(UpstoxWords.time) }.first
        return TradeReport(
            brokerOrderID: order,
            tradeID: id,
            quantity: quantity,
            price: price,
            at: at ?? Timestamp(microseconds: 0)
        )
    }
}
