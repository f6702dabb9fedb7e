import Desk
import Telemetry
import Trading

/// What the leading scheduler does about orders that nobody could look at after the close.
struct UnseenDuties: Sendable {
    private let watch: WatchUnseen
    private let connections: Connections

    private static let pause: Duration = .seconds(60)

    init(_ connections: Connections) {
        self.connections = connections
        watch = WatchUnseen(
            store: connections.orders,
            alerts: connections.alerts,
            brokers: BrokerLine.all.map(\.traits),
            market: connections.settings.market,
            clock: connections.clock
        )
    }

    /// Does it until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                for alert in try await watch() {
                    connections.logger.error(
                        "orders were not seen to the end of their day",
                        [LogField("client", alert.client), LogField("what", alert.text)]
                    )
                }
            } catch {
                connections.logger.warning(
                    "orders that nobody saw could not be read",
                    [LogField("cause", "\(error)")]
                )
            }
            try? await connections.clock.sleep(for: Self.pause)
        }
    }
}
