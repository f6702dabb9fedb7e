import Desk
import Telemetry
import Trading

/// What the leading scheduler does about lent money: interest of each day that is over, and a look
/// at whether it has become a danger.
struct MarginDuties: Sendable {
    private let charge: ChargeInterest
    private let watch: WatchMargin
    private let connections: Connections

    private static let pause: Duration = .seconds(60)
    /// Interest changes once a day; what was missed is made up for soon after.
    private static let interestEvery: Duration = .seconds(1_800)

    init(_ connections: Connections, _ set: BrokerSet) {
        self.connections = connections
        charge = ChargeInterest(store: connections.margins, clock: connections.clock)
        watch = WatchMargin(
            margins: connections.margins,
            alerts: connections.alerts,
            quotes: set.quotes,
            clock: connections.clock
        )
    }

    /// Does it until cancelled.
    func run() async {
        var charged: Timestamp?
        while !Task.isCancelled {
            do {
                let now = connections.clock.now()
                if charged.map({ $0.duration(to: now) >= Self.interestEvery }) != false {
                    let count = try await charge()
                    if count > 0 {
                        connections.logger.notice(
                            "interest on lent money was booked",
                            [LogField("charges", count)]
                        )
                    }
                    charged = now
                }
                for alert in try await watch() { tell(alert) }
            } catch {
                connections.logger.warning(
                    "lent money could not be looked at",
                    [LogField("cause", "\(error)")]
                )
            }
            try? await connections.clock.sleep(for: Self.pause)
        }
    }

    private func tell(_ alert: Alert) {
        connections.logger.warning(
            "an alert was raised",
            [
                LogField("kind", alert.kind.rawValue), LogField("client", alert.client),
                LogField("what", alert.text),
            ]
        )
    }
}
