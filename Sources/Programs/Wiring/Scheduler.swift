import Blocking
import Desk
import HTTPClient
import Postgres
import PostgresStore
import RabbitQueue
import Telemetry
import Trading

/// The role that keeps time, sweeps what is due and follows order streams; any number may run, and
/// one of them leads.
package struct Scheduler: Sendable {
    private let connections: Connections

    package init(_ settings: Settings) throws {
        connections = try Connections(settings, program: "scheduler")
    }

    /// Leads when it can, until told to stop.
    package func run() async throws {
        let operations = try OperationsServer(connections) { [connections] in
            await connections.isDatabaseThere()
        }
        try await connections.waitForSchema()
        connections.logger.notice("scheduler is ready")
        let complete = CompleteTrades(store: connections.trades, board: connections.board)
        let backlog = try connections.backlog()
        let sweep = SweepOrders(
            store: connections.orders,
            trades: connections.trades,
            queue: connections.queue,
            backlog: backlog,
            complete: complete,
            clock: connections.clock
        )
        let client = HTTPClient(
            HTTPClientConfiguration(),
            logger: connections.logger,
            metrics: connections.metrics
        )
        let set = BrokerSet(connections)
        let daily = DailyDuties(connections, client)
        let doubts = DoubtDuties(connections)
        let unseen = UnseenDuties(connections)
        let cancels = CancelDuties(connections)
        let exits = ExitDuties(connections, complete)
        let approvals = ApprovalDuties(connections)
        let reconciliation = ReconcileDuties(connections, set, complete)
        let streams = OrderStreams(connections)
        let feeds = MarketFeeds(connections, set)
        let sessions = SessionDuties(connections, set)
        let audit = AuditDuties(connections)
        let release = ReleaseLegs(
            store: connections.baskets,
            queue: connections.queue,
            clock: connections.clock
        )
        let margins = MarginDuties(connections, set)
        let leadership = PostgresLeadership(pool: connections.pool, name: "scheduler")
        await withDiscardingTaskGroup { group in
            group.addTask { await QueueGauge(connections.metrics, backlog).run(connections.clock) }
            group.addTask { [connections] in await connections.stalls.run() }
            group.addTask { [connections] in
                await leadership.run(
                    whileLeading: {
                        connections.logger.notice("this scheduler leads")
                        await withDiscardingTaskGroup { duties in
                            duties.addTask { await daily.run() }
                            duties.addTask { await doubts.run() }
                            duties.addTask { await unseen.run() }
                            duties.addTask { await cancels.run() }
                            duties.addTask { await exits.run() }
                            duties.addTask { await approvals.run() }
                            duties.addTask { await reconciliation.run() }
                            duties.addTask { await sessions.run() }
                            duties.addTask { await audit.run() }
                            duties.addTask {
                                await release.run(every: .milliseconds(250)) { error in
                                    connections.logger.warning(
                                        "legs of baskets could not be released",
                                        [LogField("cause", "\(error)")]
                                    )
                                }
                            }
                            duties.addTask { await margins.run() }
                            if let feeds { duties.addTask { await feeds.run() } }
                            if let streams { duties.addTask { await streams.run() } }
                            await sweep.run(every: .milliseconds(250)) { error in
                                connections.logger.warning(
                                    "a sweep failed",
                                    [LogField("cause", "\(error)")]
                                )
                            }
                            duties.cancelAll()
                        }
                    }
                )
            }
            await TerminationSignal.wait()
            group.cancelAll()
        }
        await operations?.stop()
        await client.close()
        await backlog.close()
        await set.close()
        await connections.close()
        connections.logger.notice("scheduler has stopped")
    }
}
