import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Which of Dhan's three APIs has a conditional order: decided by its terms, so never in doubt.
enum DhanConditionalArea: String, CaseIterable {
    case superOrders = "/super/orders"
    case forever = "/forever/orders"
    case triggers = "/alerts/orders"

    init(_ terms: ConditionalTerms) {
        switch terms.kind {
        case .bracket: self = .superOrders
        case .oneCancelsOther: self = .forever
        // Forever orders are for delivery only.
        case .single: self = terms.product == .intraday ? .triggers : .forever
        }
    }
}

/// Super orders, forever orders and conditional triggers (dhan.md §4).
extension DhanBroker: ConditionalOrders {
    package var conditionalTraits: ConditionalTraits { Self.declaredConditional }

    package func place(
        _ attempt: ConditionalAttempt,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> PlacementAnswer {
        guard let instrument = attempt.session.instrument else {
            return .refused(.noInstrumentAtBroker, words: "")
        }
        let area = DhanConditionalArea(attempt.terms)
        let body =
            switch area {
            case .superOrders: Self.superOrderBody(attempt, instrument)
            case .forever: Self.foreverBody(attempt, instrument)
            case .triggers: Self.triggerBody(attempt, instrument)
            }
        do {
            let reply = try await calls.sendOnce(
                "POST",
                area.rawValue,
                headers: headers(attempt.session),
                body: body,
                egress: attempt.session.egress,
                before: deadline
            )
            return DhanErrors.answer(
                toPlacement: reply,
                at: area.rawValue,
                by: Self.declaredConditional.refusals,
                idAs: area == .triggers ? "alertId" : "orderId"
            )
        } catch {
            return PlacementAnswer(error)
        }
    }

    package func conditionalOrders(like order: ConditionalAttempt) async throws(BrokerFailure)
        -> [ConditionalReport]
    {
        try await list(DhanConditionalArea(order.terms), order.session, calls)
    }

    package func look(_ order: LiveConditional) async throws(BrokerFailure) -> ConditionalReport {
        let area = DhanConditionalArea(order.terms)
        let list = try await list(area, order.session, calls)
        guard let found = list.first(where: { $0.brokerID == order.brokerID }) else {
            throw .unreachable("the order is not in the list")
        }
        return found
    }

    private func list(
        _ area: DhanConditionalArea,
        _ session: BrokerSession,
        _ calls: BrokerCalls
    ) async throws(BrokerFailure) -> [ConditionalReport] {
        let reply = try await calls.read("GET", area.rawValue, headers: headers(session))
        guard let entries = try DhanErrors.value(of: reply).array else {
            throw .unreachable("the list of \(area.rawValue) is no list")
        }
        let reports =
            switch area {
            case .superOrders: try entries.map(Self.superOrder)
            case .forever: try Self.forever(entries)
            case .triggers: try entries.map(Self.trigger)
            }
        return reports
    }

    package func modify(_ order: LiveConditional, to terms: ConditionalTerms)
        async throws(BrokerFailure)
    {
        let area = DhanConditionalArea(order.terms)
        let bodies =
            switch area {
            case .superOrders: Self.superOrderChanges(order, terms)
            case .forever: Self.foreverChanges(order, terms)
            case .triggers: Self.triggerChange(order, terms)
            }
        for body in bodies {
            try await askToChange("PUT", area.rawValue + "/" + order.brokerID, order.session, body)
        }
    }

    package func cancel(_ order: LiveConditional) async throws(BrokerFailure) {
        let area = DhanConditionalArea(order.terms)
        let path = area.rawValue + "/" + order.brokerID
        guard area == .superOrders else {
            return try await askToChange("DELETE", path, order.session)
        }
        do {
            // The entry's cancel takes the other legs with it.
            try await askToChange("DELETE", path + "/ENTRY_LEG", order.session)
        } catch .refused(let code, let words) {
            // An entry that has filled cannot be cancelled; its exits can.
            let report = try await look(order)
            guard report.status == .entered else { throw .refused(code: code, words: words) }
            try await askToChange("DELETE", path + "/TARGET_LEG", order.session)
            try await askToChange("DELETE", path + "/STOP_LOSS_LEG", order.session)
        }
    }

    private func askToChange(
        _ method: String,
        _ path: String,
        _ session: BrokerSession,
        _ body: [UInt8]? = nil
    ) async throws(BrokerFailure) {
        let reply = try await cancelCalls.read(
            method,
            path,
            headers: headers(session),
            body: body,
            egress: session.egress
        )
        // The documents' 202 may come without a body.
        if reply.body.isEmpty, (200...299).contains(reply.status) { return }
        _ = try DhanErrors.value(of: reply)
    }
}

extension DhanBroker {
    /// What Dhan's documents promise of these (dhan.md §4).
    package static let declaredConditional = ConditionalTraits(
        kinds: [
            .single: .init(
                products: [.delivery, .marginFunding, .intraday],
                limits: .allowed,
                showsReferences: false,
                listsEnded: true
            ),
            .oneCancelsOther: .init(
                products: [.delivery, .marginFunding],
                limits: .allowed,
                showsReferences: false,
                listsEnded: true
            ),
            .bracket: .init(
                products: [.delivery, .intraday, .carryForward, .marginFunding],
                limits: .none,
                showsReferences: true,
                listsEnded: true,
                trails: true
            ),
        ],
        refusals: DhanConditionalArea.allCases.flatMap { area in
            refusals.map {
                RefusalProof(
                    path: area.rawValue,
                    status: $0.status,
                    code: $0.code,
                    reason: $0.reason,
                    source: $0.source
                )
            }
        },
        // A correlation id comes of whoever placed the order; the broker's own orders have none, or
        // that of what they came of.
        firedMayCarryReferences: false
    )

    /// What every list has of an order, beside its prices.
    static func content(
        _ value: JSONValue,
        _ kind: ConditionalKind,
        _ triggers: [Price]
    ) -> ConditionalContent? {
        guard let side = value.text("transactionType").flatMap(Side.init(rawValue:)),
            let code = value.text("securityId"), let quantity = value.quantity("quantity")
        else { return nil }
        return ConditionalContent(
            kind: kind,
            side: side,
            code: code,
            quantity: quantity,
            triggers: triggers
        )
    }

    static func createdAt(_ value: JSONValue) -> Timestamp? {
        value.text("createTime").flatMap(IndianTimeText.parse)
    }
}
