import Desk
import PostgresStore
import Telemetry
import Trading

/// The places where changes of orders travel together: read, claim, and what became of them.
struct ModificationBatching: Sendable {
    let read: Batcher<IntentID, OpenModification?>
    let claim: Batcher<OpenModification, Int?>
    let note: Batcher<ModificationNews, Void>

    init(_ connections: Connections, _ limits: ExecutionLimits, limit: Int) {
        let store = connections.orders
        let lease = Lease(worker: WorkerName.make(), duration: limits.lease)
        read = Batcher(limit: limit, lanes: 1) { try await store.changes(of: $0) }
        claim = Batcher(limit: limit, lanes: 1) {
            [market = connections.settings.market, clock = connections.clock] changes in
            try await store.claim(
                changes,
                obstacle: market.isOpen(at: clock.now()) ? nil : .marketClosed,
                lease: lease
            )
        }
        note = Batcher(limit: limit, lanes: 1) { news in
            try await store.note(news)
            return news.map { _ in }
        }
    }

    /// What must be running while changes are executed.
    var lanes: [@Sendable () async -> Void] {
        [
            { [read] in await read.run() }, { [claim] in await claim.run() },
            { [note] in await note.run() },
        ]
    }
}

/// Works on messages about changes of orders, and counts what brokers answered.
struct ModificationDuty: Sendable {
    private let execute: ExecuteModification
    private let logger: Logger
    private let answers: Counter

    init(_ connections: Connections, _ set: BrokerSet, _ batching: OrderBatching) {
        logger = connections.logger
        execute = ExecuteModification(
            pace: batching.pace,
            read: batching.changes.read,
            claim: batching.changes.claim,
            note: batching.changes.note,
            orders: connections.orders,
            accounts: connections.accounts,
            pacer: batching.pacer,
            brokers: set.brokers,
            halts: batching.halts,
            schedule: DoubtSchedule(dividedBy: connections.settings.doubtScale),
            market: connections.settings.market,
            clock: connections.clock,
            limits: batching.limits
        )
        answers = connections.metrics.counter(
            "volley_modifications_total",
            help: "Changes of orders that brokers were asked for, by what they answered.",
            labels: ["broker", "answer"]
        )
    }

    func callAsFunction(_ job: OrderJob) async throws {
        guard let answer = try await execute(job) else { return }
        answers.add(1, [job.broker.rawValue, answer.word])
        guard case .refused(let reason, let words) = answer else { return }
        logger.info(
            "a broker refused to change an order",
            [
                LogField("intent", job.intent), LogField("broker", job.broker.rawValue),
                LogField("reason", reason.rawValue), LogField("words", words),
            ]
        )
    }
}

extension ModificationAnswer {
    /// The word for metrics.
    fileprivate var word: String {
        switch self {
        case .done: "done"
        case .taken: "taken"
        case .refused: "refused"
        case .notSent: "not_sent"
        case .withheld: "withheld"
        case .unanswered: "unanswered"
        }
    }
}
