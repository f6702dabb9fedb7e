import Blocking
import Desk
import PostgresStore
import Telemetry

/// The role that publishes what a transaction decided and its process did not live to publish.
package struct Relay: Sendable {
    private let connections: Connections

    package init(_ settings: Settings) throws {
        connections = try Connections(settings, program: "relay")
    }

    /// Relays until told to stop.
    package func run() async throws {
        let operations = try OperationsServer(connections) { [connections] in
            await connections.isDatabaseThere()
        }
        try await connections.waitForSchema()
        connections.logger.notice("relay is ready")
        let relay = RelayOutbox(
            outbox: connections.outbox,
            queue: connections.queue,
            clock: connections.clock,
            age: .seconds(1)
        )
        await withDiscardingTaskGroup { group in
            group.addTask { [connections] in
                await relay.run { error in
                    connections.logger.warning("relaying failed", [LogField("cause", "\(error)")])
                }
            }
            await TerminationSignal.wait()
            group.cancelAll()
        }
        await operations?.stop()
        await connections.close()
        connections.logger.notice("relay has stopped")
    }
}
