import Desk
import PostgresStore
import Telemetry
import Trading

/// Asks brokers about sessions: each morning, and soon after every new token; has those renewed that
/// can be; and shows how many accounts are ready.
struct SessionDuties: Sendable {
    private let check: CheckSessions
    private let renew: RenewSessions
    private let connections: Connections
    private let accounts: Gauge

    private static let pause: Duration = .seconds(20)

    init(_ connections: Connections, _ set: BrokerSet) {
        self.connections = connections
        check = CheckSessions(
            store: connections.accounts,
            accounts: connections.accounts,
            brokers: set.brokers,
            market: connections.settings.market,
            clock: connections.clock
        )
        renew = RenewSessions(
            store: connections.accounts,
            brokers: set.brokers,
            market: connections.settings.market,
            clock: connections.clock
        )
        accounts = connections.metrics.gauge(
            "volley_broker_accounts",
            help: "Broker accounts of active clients, by whether orders can go to them.",
            labels: ["broker", "state"]
        )
    }

    /// Does it until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                tell(try await renew())
                tell(try await check())
                try await show()
            } catch is CancellationError {
                return
            } catch {
                connections.logger.warning(
                    "sessions could not be checked",
                    [LogField("cause", "\(error)")]
                )
            }
            try? await connections.clock.sleep(for: Self.pause)
        }
    }

    private func tell(_ renewals: (renewed: Int, failed: Int)) {
        let fields = [LogField("renewed", renewals.renewed), LogField("failed", renewals.failed)]
        if renewals.failed > 0 {
            connections.logger.warning(
                "not all sessions could be renewed: see `volley readiness`",
                fields
            )
        } else if renewals.renewed > 0 {
            connections.logger.info("sessions were renewed", fields)
        }
    }

    private func tell(_ results: [SessionCheckResult: Int]) {
        guard !results.isEmpty else { return }
        let fields = SessionCheckResult.allCases.compactMap { result in
            results[result].map { LogField(result.rawValue, $0) }
        }
        if results.keys.allSatisfy({ $0 == .good }) {
            connections.logger.info("sessions were checked", fields)
        } else {
            connections.logger.warning("not all sessions are good: see `volley readiness`", fields)
        }
    }

    private func show() async throws {
        let now = connections.clock.now()
        let found = try await connections.accounts.readiness(
            ReadinessQuery(
                trader: nil,
                broker: nil,
                state: nil,
                now: now,
                close: connections.settings.market.nextClose(after: now),
                after: nil,
                limit: 0,
                requiresEgress: connections.settings.requiresEgress
            )
        )
        for broker in connections.settings.brokers.keys {
            for state in SessionState.allCases {
                let count = found.counts.first { $0.broker == broker && $0.state == state }
                accounts.set(Double(count?.accounts ?? 0), [broker.rawValue, state.rawValue])
            }
        }
    }
}
