import Trading

/// Brackets where the broker has none: the entry goes the usual way of every order, and what it has
/// filled is protected by an OCO at the broker.
///
/// 1. *Entry*: a bulk trade for this one client, under a key of the bracket's own, so that however
///    often it is submitted there is one.
/// 2. *Exits*: a row of their own as soon as anything is filled, one per bracket, sized to what is
///    filled and resized when more is.
/// 3. *End*: once an exit has fired, what the entry has not filled is cancelled; once the entry ends
///    unfilled, there are no exits; whoever cancels the bracket cancels both.
///
/// Each step finds what the one before has left, so a process may be killed between any two.
package struct EmulateBrackets: Sendable {
    let store: any ConditionalStore
    let submit: SubmitTrade
    let cancel: SubmitCancel
    let clock: any WallClock
    let lease: Duration

    package init(
        store: any ConditionalStore,
        submit: SubmitTrade,
        cancel: SubmitCancel,
        clock: any WallClock,
        lease: Duration
    ) {
        self.store = store
        self.submit = submit
        self.cancel = cancel
        self.clock = clock
        self.lease = lease
    }

    /// Does the next step of one bracket.
    package func callAsFunction(_ record: ConditionalRecord) async throws {
        switch record.state {
        case .ready:
            // Written first, so that a cancel from now on finds the entry.
            guard
                let claimed = try await change(
                    record.id,
                    { [lease] record, now in record.claim(reference: "", lease: lease, at: now) }
                ), claimed.state == .sending
            else { return }
            try await enter(claimed)
        case .sending: try await enter(record)
        case .waiting, .entered, .cancelRequested: try await follow(record)
        case .unknown, .triggered, .cancelled, .rejected, .expired: break
        }
    }

    private func enter(_ record: ConditionalRecord) async throws {
        guard case .bracket(let price, _, _, _) = record.terms.condition else { return }
        let terms = record.terms
        let submitted = try await submit(
            Submission(
                trader: record.trader,
                user: record.user,
                idempotencyKey: "bracket-\(record.id)",
                bodyHash: [],
                terms: OrderTerms(
                    instrument: terms.instrument,
                    side: terms.side,
                    type: price == nil ? .market : .limit,
                    product: terms.product,
                    validity: .day,
                    price: price,
                    trigger: nil
                ),
                sizing: .quantity(terms.quantity),
                clients: .named([record.client])
            )
        )
        switch submitted {
        case .created(let trade), .repeated(let trade):
            _ = try await change(record.id) { $0.enter(by: trade.id, at: $1) }
        case .conflict, .preflightUsed:
            // Somebody used this key for a trade of his own.
            _ = try await change(record.id) {
                $0.record(.refused(.neverSent, words: "the entry's key is taken"), at: $1)
            }
        case .unknownClients:
            _ = try await change(record.id) {
                $0.record(.refused(.clientArchived, words: ""), at: $1)
            }
        }
    }

    private func follow(_ record: ConditionalRecord) async throws {
        guard let task = record.entryTask else { return }
        guard let entry = try await store.entry(of: task, client: record.client) else {
            if record.state == .cancelRequested { try await cancelEntry(record, .task(task)) }
            return try await wait(record)
        }
        if record.state == .cancelRequested, !entry.state.isFinal {
            try await cancelEntry(record, .order(entry.intent))
        }
        guard entry.filled > .zero else {
            guard entry.state.isFinal else { return try await wait(record) }
            _ = try await change(record.id) { $0.endWithoutEntry(entry, at: $1) }
            return
        }
        var exits = try await exits(of: record, filled: entry.filled)
        if record.state == .cancelRequested, !exits.state.isFinal, !exits.isCancelAsked {
            exits = try await change(exits.id) { $0.askToCancel(at: $1) } ?? exits
        }
        if exits.state.isFinal, !entry.state.isFinal {
            try await cancelEntry(record, .order(entry.intent))
        }
        _ = try await change(record.id) { [exits] record, now in
            record.follow(exits, entry: entry, at: now)
        }
    }

    /// The exits' row, made where there is none, for as many shares as are filled.
    private func exits(of record: ConditionalRecord, filled: Quantity) async throws
        -> ConditionalRecord
    {
        guard let terms = record.terms.exits(of: filled) else {
            throw StoreFailure.broken("conditional order \(record.id) is no bracket")
        }
        let exits = try await store.addExits(ConditionalExits(parent: record.id, terms: terms))
        let known = (exits.wished ?? exits.terms).quantity
        guard known < filled, !exits.state.isFinal, !exits.isCancelAsked else { return exits }
        return try await change(exits.id) { $0.askToChange(terms, at: $1) } ?? exits
    }

    /// Once per bracket, however often it is asked.
    private func cancelEntry(_ record: ConditionalRecord, _ scope: CancelScope) async throws {
        _ = try await cancel(
            CancelRequest(
                trader: record.trader,
                user: record.user,
                idempotencyKey: "bracket-\(record.id)-\(scope.isTask ? "task" : "entry")",
                bodyHash: [],
                scope: scope
            )
        )
    }

    private func wait(_ record: ConditionalRecord) async throws {
        _ = try await change(record.id) { $0.wait(.seconds(2), $1) }
    }

    private func change(
        _ id: ConditionalID,
        _ body: @escaping @Sendable (inout ConditionalRecord, Timestamp) -> Void
    ) async throws -> ConditionalRecord? {
        let now = clock.now()
        return try await store.change(id, fence: nil, by: Actor(user: nil)) { body(&$0, now) }
    }
}

extension CancelScope {
    fileprivate var isTask: Bool {
        if case .task = self { true } else { false }
    }
}
