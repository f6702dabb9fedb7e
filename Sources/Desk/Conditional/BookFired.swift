import Trading

/// Brings the orders that came of conditional orders into our books.
///
/// 1. *At a broker* the order is there already: its account's order book is read, and what came of the
///    conditional order becomes an order of ours, once per order (`ConditionalStore.adopt`). Nothing
///    is sent. What it fills is then learnt as with every order: by hints and looks. A book is of its
///    day alone; of earlier days the broker's list of past trades is asked, where it names orders.
/// 2. *On paper* nobody has sent anything: a bulk trade for the one client is submitted, under a key
///    of the conditional order's own, so that however often it is submitted there is one.
///
/// It may be killed between any two lines, and then begins anew.
struct BookFired: Sendable {
    let store: any ConditionalStore
    let submit: SubmitTrade
    let clock: any WallClock

    /// Looks for what came of one at its broker.
    func callAsFunction(
        _ record: ConditionalRecord,
        _ session: BrokerSession,
        at broker: any Broker & ConditionalOrders
    ) async throws {
        guard record.awaitsOrders, let account = record.account, let instrument = session.instrument
        else { return }
        let now = clock.now()
        let span = FiredSpan(of: record, at: broker, now: now)
        var orders: [OrderReport]
        do {
            orders = try await broker.orders(session)
            if let days = span.pastDays, let history = broker.services.tradeHistory {
                orders += try await PastOrders.orders(of: days, in: history, session)
            }
        } catch {
            return try await change(record) { $0.waitForBook(error.words, at: $1) }
        }
        let search = FiredSearch(
            terms: record.terms,
            code: instrument.code,
            reference: record.reference,
            named: record.orders,
            namesAll: broker.conditionalTraits.kinds[record.terms.kind]?.namesOrders ?? false,
            hasFired: record.state == .triggered,
            since: record.seenAt ?? record.startedAt ?? record.createdAt,
            firedAt: record.firedAt,
            mayCarryReference: broker.conditionalTraits.firedMayCarryReferences
        )
        let known = try await store.firedOrders(of: account)
        let finding = search(
            orders,
            booked: record.fired,
            known: known.brokerOrderIDs,
            mark: known.mark,
            scope: span.scope
        )
        switch finding {
        case .found(let reports):
            for report in reports { _ = try await store.adopt(report, of: record.id) }
            try await change(record) {
                $0.noteFired(
                    unclear: "its order is not in the broker's book",
                    again: span.untilShown,
                    at: $1
                )
            }
        case .ambiguous(let count):
            try await change(record) {
                $0.noteFired(
                    unclear: "\(count) orders at the broker are like it: a person must tell",
                    at: $1
                )
            }
        case .doubtful:
            try await change(record) {
                $0.noteFired(
                    unclear: "one order at the broker is like it and may be another's:"
                        + " a person must tell",
                    again: span.untilShown,
                    at: $1
                )
            }
        }
    }

    /// Sends what has fired on paper.
    func onPaper(_ record: ConditionalRecord) async throws {
        guard record.awaitsOrders, let leg = record.firedLeg else { return }
        let terms = record.terms
        let submitted = try await submit(
            Submission(
                trader: record.trader,
                user: record.user,
                // No key that comes by HTTP has a space.
                idempotencyKey: "fired \(record.id)",
                bodyHash: [],
                terms: OrderTerms(
                    instrument: terms.instrument,
                    side: terms.side,
                    type: leg.price == nil ? .market : .limit,
                    product: terms.product,
                    validity: .day,
                    price: leg.price,
                    trigger: nil
                ),
                sizing: .quantity(terms.quantity),
                clients: .named([record.client])
            )
        )
        switch submitted {
        case .created(let trade), .repeated(let trade):
            try await change(record) { $0.fire(by: trade.id, at: $1) }
        case .conflict, .preflightUsed, .unknownClients:
            throw StoreFailure.broken("conditional order \(record.id) cannot be sent")
        }
    }

    private func change(
        _ record: ConditionalRecord,
        _ body: @escaping @Sendable (inout ConditionalRecord, Timestamp) -> Void
    ) async throws {
        let now = clock.now()
        _ = try await store.change(record.id, fence: record.fence, by: Actor(user: nil)) {
            body(&$0, now)
        }
    }
}

extension ConditionalRecord {
    /// The leg that has fired on paper; nil where none has.
    fileprivate var firedLeg: TriggeredLeg? {
        guard let name = orders.first else { return nil }
        let legs = terms.condition.legs
        return name == PaperLeg.stop.rawValue ? legs.last : legs.first
    }
}

/// What the paper broker calls the leg whose price was reached, since there is no order yet.
package enum PaperLeg: String, Sendable {
    case entry, target, stop
}
