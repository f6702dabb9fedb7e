import Desk
import Telemetry
import Trading

/// What a worker does about orders that wait for a price: it sends, finds, looks at, changes and
/// cancels what is due.
///
/// Every worker does it; the database gives each row to one of them at a time.
struct ConditionalDuties: Sendable {
    private let tend: TendConditionals
    private let clock: any WallClock
    private let logger: Logger
    private let counter: Counter

    private static let atOnce = 32
    private static let pause: Duration = .milliseconds(500)

    init(_ connections: Connections, _ set: BrokerSet, _ batching: OrderBatching) {
        clock = connections.clock
        logger = connections.logger
        counter = connections.metrics.counter(
            "volley_conditional_orders_tended_total",
            help: "Conditional orders that something was done about."
        )
        tend = TendConditionals(
            store: connections.conditionals,
            accounts: connections.accounts,
            pace: batching.pace,
            brokers: set.brokers,
            brackets: EmulateBrackets(
                store: connections.conditionals,
                submit: SubmitTrade(
                    store: connections.trades,
                    queue: connections.queue,
                    outbox: connections.outbox
                ),
                cancel: SubmitCancel(
                    store: connections.orders,
                    queue: connections.queue,
                    complete: batching.complete
                ),
                clock: connections.clock,
                lease: batching.limits.lease
            ),
            clock: connections.clock,
            limits: batching.limits,
            worker: WorkerName.make()
        )
    }

    /// Does it until cancelled; what has begun is finished.
    func run() async {
        while !Task.isCancelled {
            var done = 0
            do {
                // What is being sent is finished and written down, also when the worker stops.
                done = try await Task { try await tend(limit: Self.atOnce) }.value
                counter.add(done)
            } catch {
                logger.warning(
                    "conditional orders could not be tended and come again",
                    [LogField("cause", "\(error)")]
                )
            }
            guard done < Self.atOnce else { continue }
            try? await clock.sleep(for: Self.pause)
        }
    }
}
