import Desk
import Telemetry
import Trading

/// Which use case each message asks for.
struct Duties: Sendable {
    private let plan: PlanTrade
    private let execute: ExecuteOrder
    private let look: LookAtOrders
    private let resolve: ResolveDoubts
    private let cancel: ExecuteCancel
    private let modify: ModificationDuty
    private let logger: Logger
    private let cancels: Counter

    init(_ connections: Connections, _ set: BrokerSet, _ batching: OrderBatching) {
        logger = connections.logger
        plan = PlanTrade(
            store: connections.trades,
            queue: connections.queue,
            quotes: set.quotes,
            market: connections.settings.market,
            clock: connections.clock,
            complete: batching.complete
        )
        execute = ExecuteOrder(
            pace: batching.pace,
            claim: batching.claim,
            record: batching.record,
            pacer: batching.pacer,
            brokers: set.brokers,
            halts: batching.halts,
            egress: set.egress,
            clock: connections.clock,
            limits: batching.limits
        )
        cancel = ExecuteCancel(
            pace: batching.pace,
            read: batching.readToCancel,
            record: batching.recordCancel,
            pacer: batching.pacer,
            accounts: connections.accounts,
            brokers: set.brokers,
            egress: set.egress,
            market: connections.settings.market,
            clock: connections.clock,
            limits: batching.limits
        )
        modify = ModificationDuty(connections, set, batching)
        cancels = connections.metrics.counter(
            "volley_cancels_total",
            help: "Cancels that brokers were asked for, by what they answered.",
            labels: ["broker", "answer"]
        )
        look = LookAtOrders(
            store: connections.orders,
            accounts: connections.accounts,
            brokers: set.brokers,
            complete: batching.complete,
            cancels: connections.orders,
            market: connections.settings.market,
            clock: connections.clock,
            book: { [book = batching.book] in try await book($0) }
        )
        resolve = ResolveDoubts(
            store: connections.orders,
            catalog: batching.catalog,
            queue: connections.queue,
            brokers: set.brokers,
            complete: batching.complete,
            schedule: DoubtSchedule(dividedBy: connections.settings.doubtScale),
            market: connections.settings.market,
            clock: connections.clock
        )
    }

    func work(on message: QueueMessage) async throws -> WorkQueue.Verdict {
        switch message {
        case .plan(let task):
            try await plan(task)
            logger.info("bulk trade is planned", [LogField("task", task)])
            return .done
        case .order(let job, let small), .orderLater(let job, let small, _):
            switch try await execute(job, isSmall: small) {
            case .done: return .done
            case .later(let wait): return .replace([.orderLater(job, small: small, wait)])
            }
        case .orders(let broker, let jobs), .ordersLater(let broker, let jobs, _):
            let later = try await execute(broker, jobs)
            return later.isEmpty ? .done : .replace(later)
        case .doubt(let job):
            try await resolve([job])
            return .done
        case .look(_, let jobs):
            try await look(jobs)
            return .done
        case .modify(let job):
            try await modify(job)
            return .done
        case .cancel(let job):
            guard let outcome = try await cancel(job) else { return .done }
            cancels.add(1, [job.broker.rawValue, outcome.answer.word])
            if case .refused(let words) = outcome.answer {
                logger.info(
                    "a broker refused a cancel",
                    [
                        LogField("intent", job.intent), LogField("broker", job.broker.rawValue),
                        LogField("words", words),
                    ]
                )
            }
            return .done
        }
    }
}

extension CancelAnswer {
    /// The word for metrics.
    fileprivate var word: String {
        switch self {
        case .taken: "taken"
        case .refused: "refused"
        case .unanswered: "unanswered"
        case .limited: "limited"
        case .sessionEnded: "session_ended"
        case .noRoom: "no_room"
        case .dayOver: "day_over"
        }
    }
}
