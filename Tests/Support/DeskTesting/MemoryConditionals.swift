package import Desk
import Synchronization
package import Trading

/// Conditional orders in memory, with the promises of the port: once per key, once per parent, fences,
/// and no broker's id twice.
package final class MemoryConditionals: ConditionalStore {
    private struct State {
        var records: [ConditionalID: ConditionalRecord] = [:]
        var keys: [String: (id: ConditionalID, hash: [UInt8])] = [:]
        var clients: [ClientID: ConditionalStanding] = [:]
        var entries: [TaskID: ConditionalEntry] = [:]
        var changes: [Actor] = []
        var hints: [ConditionalHint] = []
        var last: Int64 = 0
        var adopted: Int64 = 0
    }

    private let state = Mutex(State())
    private let clock: any WallClock
    /// How every account's session looks to its broker.
    private let session: BrokerSession?

    package init(clock: any WallClock, session: BrokerSession? = nil) {
        self.clock = clock
        self.session = session
    }

    /// Lets a client's orders go to an account.
    package func add(_ client: ClientID, _ standing: ConditionalStanding) {
        state.withLock { $0.clients[client] = standing }
    }

    /// What became of a bracket's entry.
    package func set(_ entry: ConditionalEntry?, of task: TaskID) {
        state.withLock { $0.entries[task] = entry }
    }

    /// One row, whoever's.
    package func record(_ id: ConditionalID) -> ConditionalRecord? {
        state.withLock { $0.records[id] }
    }

    /// All rows by id.
    package var all: [ConditionalRecord] {
        state.withLock { $0.records.values.sorted { $0.id < $1.id } }
    }

    /// Who made the changes, in order.
    package var actors: [Actor] { state.withLock(\.changes) }

    package func submit(_ request: ConditionalSubmission) async throws(StoreFailure)
        -> ConditionalSubmitted
    {
        let now = clock.now()
        return state.withLock { state in
            let key = "\(request.user) \(request.idempotencyKey)"
            if let made = state.keys[key], let record = state.records[made.id] {
                return made.hash == request.bodyHash ? .repeated(record) : .conflict(made.id)
            }
            state.last += 1
            let record = ConditionalRecord(
                id: ConditionalID(state.last),
                trader: state.clients[request.client]?.trader ?? TraderID(1),
                client: request.client,
                user: request.user,
                account: request.account,
                broker: request.broker,
                terms: request.terms,
                dueAt: now,
                createdAt: now,
                updatedAt: now
            )
            state.records[record.id] = record
            state.keys[key] = (record.id, request.bodyHash)
            state.changes.append(request.actor)
            return .created(record)
        }
    }

    package func addExits(_ exits: ConditionalExits) async throws(StoreFailure)
        -> ConditionalRecord
    {
        let now = clock.now()
        return try state.withLock { state throws(StoreFailure) in
            if let made = state.records.values.first(where: { $0.parent == exits.parent }) {
                return made
            }
            guard let parent = state.records[exits.parent] else {
                throw .broken("there is no conditional order \(exits.parent)")
            }
            state.last += 1
            let record = ConditionalRecord(
                id: ConditionalID(state.last),
                trader: parent.trader,
                client: parent.client,
                user: parent.user,
                account: parent.account,
                broker: parent.broker,
                terms: exits.terms,
                dueAt: now,
                parent: parent.id,
                createdAt: now,
                updatedAt: now
            )
            state.records[record.id] = record
            return record
        }
    }

    package func conditional(_ id: ConditionalID, of trader: TraderID?) async throws(StoreFailure)
        -> ConditionalRecord?
    {
        record(id).flatMap { trader == nil || $0.trader == trader ? $0 : nil }
    }

    package func conditionals(_ query: ConditionalQuery) async throws(StoreFailure)
        -> [ConditionalRecord]
    {
        all.reversed().filter { record in
            (query.trader == nil || record.trader == query.trader)
                && (query.client == nil || record.client == query.client)
                && (query.states.isEmpty || query.states.contains(record.state))
                && (query.before.map { record.id < $0 } ?? true)
        }
        .prefix(query.limit).map(\.self)
    }

    package func standing(of client: ClientID, of trader: TraderID?) async throws(StoreFailure)
        -> ConditionalStanding?
    {
        state.withLock(\.clients)[client].flatMap {
            trader == nil || $0.trader == trader ? $0 : nil
        }
    }

    package func dueConditionals(limit: Int) async throws(StoreFailure) -> [ConditionalJob] {
        let now = clock.now()
        return state.withLock { state in
            let due = state.records.values.filter { $0.dueAt.map { $0 <= now } ?? false }
                .sorted { $0.id < $1.id }.prefix(limit)
            for record in due { state.records[record.id]?.wait(.seconds(15), now) }
            return due.map { ConditionalJob(record: $0, session: session) }
        }
    }

    package func hasten(_ hints: [ConditionalHint]) async throws(StoreFailure) {
        let now = clock.now()
        state.withLock { state in
            state.hints.append(contentsOf: hints)
            for record in state.records.values {
                let isMeant = hints.contains { hint in
                    switch hint {
                    case .referred(let reference): record.reference == reference
                    case .named(let broker, let id):
                        record.broker == broker && record.brokerID == id
                    case .foreignOrder(let broker, let client, let code):
                        record.broker == broker && session?.brokerClientID == client
                            && session?.instrument?.code == code
                    case .unheard(let account): record.account == account
                    }
                }
                if isMeant { state.records[record.id]?.hasten(at: now) }
            }
        }
    }

    /// All hints that were given, in order.
    package var hints: [ConditionalHint] { state.withLock(\.hints) }

    package func claim(_ id: ConditionalID, lease: Lease) async throws(StoreFailure)
        -> ConditionalAttempt?
    {
        let now = clock.now()
        return state.withLock { state in
            guard var record = state.records[id], record.state == .ready else { return nil }
            let obstacle = state.clients[record.client]?.obstacle
            guard obstacle == nil, let session else {
                record.decline(obstacle ?? .noSession, at: now)
                state.records[id] = record
                return nil
            }
            let reference = BrokerReference.make(
                id,
                attempt: record.tries + 1,
                mark: MemoryStore.mark
            )
            record.claim(reference: reference, lease: lease.duration, at: now)
            state.records[id] = record
            return record.attempt(session)
        }
    }

    package func change(
        _ id: ConditionalID,
        fence: Int64?,
        by actor: Actor,
        _ change: @escaping @Sendable (inout ConditionalRecord) -> Void
    ) async throws(StoreFailure) -> ConditionalRecord? {
        try state.withLock { state throws(StoreFailure) in
            guard var record = state.records[id], fence == nil || fence == record.fence else {
                return nil
            }
            change(&record)
            let isTaken = state.records.values.contains {
                $0.id != id && $0.brokerID != nil && $0.brokerID == record.brokerID
                    && $0.account == record.account
            }
            if isTaken { throw .broken("two rows have the broker's id \(record.brokerID ?? "")") }
            state.records[id] = record
            state.changes.append(actor)
            return record
        }
    }

    package func knownIDs(of account: AccountID) async throws(StoreFailure) -> Set<String> {
        Set(all.filter { $0.account == account }.compactMap(\.brokerID))
    }

    package func firedOrders(of account: AccountID) async throws(StoreFailure) -> KnownFired {
        let ids = all.filter { $0.account == account }.flatMap(\.fired).map(\.brokerOrderID)
        return KnownFired(brokerOrderIDs: Set(ids), mark: MemoryStore.mark)
    }

    package func adopt(_ report: OrderReport, of id: ConditionalID) async throws(StoreFailure)
        -> ConditionalRecord?
    {
        state.withLock { state in
            guard var record = state.records[id], let side = report.particulars?.side else {
                return nil
            }
            let isKnown = state.records.values.contains { other in
                other.account == record.account
                    && other.fired.contains { $0.brokerOrderID == report.brokerOrderID }
            }
            guard !isKnown else { return record }
            state.adopted += 1
            record.adopt(
                FiredOrder(
                    brokerOrderID: report.brokerOrderID,
                    side: side,
                    intent: IntentID(state.adopted)
                )
            )
            state.records[id] = record
            return record
        }
    }

    package func decide(_ decision: ConditionalDecision, by actor: Actor)
        async throws(StoreFailure) -> ConditionalDecided
    {
        let now = clock.now()
        return state.withLock { state in
            guard var record = state.records[decision.conditional] else { return .notFound }
            let isTaken = state.records.values.contains { other in
                other.id != record.id && other.account == record.account
                    && decision.verdict.brokerID.map {
                        other.brokerID == $0 || other.orders.contains($0)
                    } ?? false
            }
            guard !isTaken else { return .taken }
            guard record.decide(decision.verdict, at: now) else { return .notOpen(record.state) }
            state.records[record.id] = record
            state.changes.append(actor)
            return .decided(record)
        }
    }

    package func entry(of task: TaskID, client: ClientID) async throws(StoreFailure)
        -> ConditionalEntry?
    {
        state.withLock { $0.entries[task] }
    }
}
