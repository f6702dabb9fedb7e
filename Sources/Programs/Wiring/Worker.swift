import Blocking
import Desk
import HTTPClient
import PostgresStore
import RabbitQueue
import RedisCache
import Telemetry
import Trading

/// The role that works: plans bulk trades, executes orders, resolves doubts, looks at live orders.
package struct Worker: Sendable {
    private let connections: Connections
    private let set: BrokerSet
    private let roster: PostgresWorkerRoster
    private let batching: OrderBatching
    private let counter: Counter

    package init(_ settings: Settings) throws {
        connections = try Connections(settings, program: "worker")
        set = BrokerSet(connections)
        roster = PostgresWorkerRoster(pool: connections.pool)
        batching = OrderBatching(connections, set, roster: roster)
        counter = connections.metrics.counter(
            "volley_messages_total",
            help: "Messages worked on, by kind and ending.",
            labels: ["kind", "ending"]
        )
    }

    /// Works until told to stop, then finishes what it has begun.
    package func run() async throws {
        let operations = try OperationsServer(connections, ready: isReady)
        try await connections.waitForSchema()
        let readers = try openReaders()
        connections.logger.notice(
            "worker is ready",
            [LogField("slots", connections.settings.slots)]
        )
        try await withThrowingTaskGroup { group in
            for batcher in batching.lanes { group.addTask { await batcher() } }
            group.addTask { await roster.run() }
            group.addTask { await connections.stalls.run() }
            group.addTask { await BrokerWatch(connections, set).run() }
            group.addTask { await ConditionalDuties(connections, set, batching).run() }
            group.addTask { try await work(readers) }
            group.addTask {
                await TerminationSignal.wait()
                connections.logger.notice("stopping: finishing what was begun")
                for reader in readers { await reader.reader.stop() }
                try await connections.clock.sleep(for: connections.settings.grace)
                throw Overdue()
            }
            // The first to end are the readers' loops, once stopped and empty.
            defer { group.cancelAll() }
            try await group.next()
        }
        await operations?.stop()
        await set.close()
        await connections.close()
        connections.logger.notice("worker has stopped")
    }

    private struct Overdue: Error {}

    private struct Lane: Sendable {
        let reader: RabbitQueueReader
        let atMost: Int
        /// What few wait for goes before the steps of large trades' many orders.
        var priority: TaskPriority?
    }

    @Sendable private func isReady() async -> Bool {
        await connections.isDatabaseThere()
    }

    private func openReaders() throws -> [Lane] {
        let topology = connections.topology
        let slots = connections.settings.slots
        let cancels = BrokerSet.cancelSlots
        var lanes = [
            Lane(
                reader: try connections.reader(topology.cancels, prefetch: cancels),
                atMost: cancels,
                priority: .high
            ),
            Lane(
                reader: try connections.reader(topology.modifications, prefetch: 64),
                atMost: 64,
                priority: .high
            ),
            Lane(
                reader: try connections.reader(topology.plan, prefetch: 4),
                atMost: 4,
                priority: .high
            ),
            Lane(reader: try connections.reader(topology.doubt, prefetch: 64), atMost: 64),
            Lane(reader: try connections.reader(topology.fills, prefetch: 8), atMost: 8),
        ]
        for broker in set.brokers.names {
            for small in [true, false] {
                let name = topology.orders(broker, small: small)
                // Orders of large trades come several to a message.
                let room = max(1, slots / (small ? 4 : PlanTrade.ordersPerMessage))
                lanes.append(
                    Lane(
                        reader: try connections.reader(name, prefetch: room),
                        atMost: room,
                        priority: small ? .high : nil
                    )
                )
            }
        }
        return lanes
    }

    private func work(_ lanes: [Lane]) async throws {
        let duties = Duties(connections, set, batching)
        let precedence = Precedence(
            many: max(1, connections.settings.slots / 8),
            clock: connections.clock
        )
        try await withThrowingDiscardingTaskGroup { group in
            for lane in lanes {
                group.addTask(priority: lane.priority) {
                    try await WorkQueue(
                        reader: lane.reader,
                        queue: connections.queue,
                        clock: connections.clock,
                        atMost: lane.atMost,
                        work: { message in
                            let verdict = try await precedence.perform(message) {
                                try await duties.work(on: message)
                            }
                            counter.add(1, [message.kind, verdict == .done ? "done" : "later"])
                            return verdict
                        },
                        report: report
                    ).run()
                }
            }
        }
    }

    @Sendable private func report(_ message: QueueMessage, _ error: any Error) {
        counter.add(1, [message.kind, "failed"])
        connections.logger.warning(
            "a message could not be worked on and comes again",
            [LogField("kind", message.kind), LogField("cause", "\(error)")]
        )
    }
}

extension QueueMessage {
    /// The word for metrics and logs.
    var kind: String {
        switch self {
        case .plan: "plan"
        case .order, .orderLater: "order"
        case .orders, .ordersLater: "orders"
        case .doubt: "doubt"
        case .look: "look"
        case .cancel: "cancel"
        case .modify: "modify"
        }
    }
}
