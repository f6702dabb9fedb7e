import Desk
import JSON
import Postgres
import Trading

/// The orders that a cancellation meets, locked, and what its wish makes of each.
struct WishBatch {
    private struct Met {
        let job: OrderJob
        let found: OrderState
        let now: OrderState
    }

    private let head: CancellationHead
    /// All that it tells of.
    private var met: [Met] = []

    /// `rows`: what the statements that lock orders read.
    init(_ rows: PostgresRows, _ head: CancellationHead) throws {
        self.head = head
        met.reserveCapacity(rows.count)
        for row in rows {
            var columns = Columns(row)
            let (intent, task): (IntentID, TaskID) = (columns.id(), columns.id())
            let broker: BrokerName = try columns.word()
            let account: AccountID? = columns.optionalID()
            let job = OrderJob(intent: intent, task: task, broker: broker, account: account)
            let found: OrderState = try columns.word()
            let now: OrderState =
                if found == .ready {
                    try found.after(.declined)
                } else if found.isLive { try found.after(.cancelAsked) } else { found }
            // What ended while it was waited for is no news, unless somebody asked for just that.
            guard head.scope.tellsOfEnded || !found.isFinal else { continue }
            met.append(Met(job: job, found: found, now: now))
        }
    }

    /// The orders whose brokers can be asked now.
    var toAsk: [OrderJob] { met.filter(\.now.isLive).map(\.job) }

    /// The trades that may be complete, or must be looked at again.
    var trades: Set<TaskID> { Set(met.map(\.job.task)) }

    /// The calls that write the wish and all that follows.
    func writes(by actor: Actor) -> [Call] {
        let open = met.filter { !$0.found.isFinal }
        let sent = open.filter { $0.found != .ready }
        let ids = PostgresValue.ints(open.map(\.job.intent.raw))
        let states = PostgresValue.texts(open.map(\.now.rawValue))
        let tell: Call = (
            CancelStatements.tell,
            [
                .int(head.id.raw), .ints(met.map(\.job.intent.raw)),
                .texts(met.map(\.found.rawValue)),
            ]
        )
        let audit = AuditEntry.write([entry(open.count)], by: actor)
        guard !open.isEmpty else { return met.isEmpty ? [audit] : [tell, audit] }
        return [
            tell, audit, (CancelStatements.wish, [ids, states, .text(head.scope.reason.rawValue)]),
            (
                CancelStatements.ask,
                [.ints(sent.map(\.job.intent.raw)), .bools(sent.map(\.now.isLive))]
            ),
            (
                CancelStatements.audit,
                [
                    .optional(actor.user?.raw), actor.address.map { .text($0) } ?? .null,
                    .int(head.id.raw), ids,
                    .texts(
                        open.map { $0.now == .skipped ? "ORDER_SKIPPED" : "ORDER_CANCEL_ASKED" }
                    ),
                    states,
                ]
            ),
        ]
    }

    private func entry(_ orders: Int) -> AuditEntry {
        AuditEntry(.cancelAsked, trader: head.trader, client: head.scope.client) { detail in
            detail.field("cancellation", head.id.raw)
            detail.field("open_orders", orders)
            if let why = head.why { detail.field("reason", why) }
            switch head.scope {
            case .task(let id): detail.field("task", id.raw)
            case .order(let id): detail.field("order", id.raw)
            case .client(let id): detail.field("client", id.raw)
            case .instrument(let id): detail.field("instrument", id.raw)
            case .everything: detail.field("everything", true)
            }
        }
    }
}

extension CancelScope {
    fileprivate var client: ClientID? {
        if case .client(let id) = self { id } else { nil }
    }
}
