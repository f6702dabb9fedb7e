import Desk
import PostgresStore
import Telemetry
import Trading

/// Compares our books with the brokers' when a scheduler begins to lead, and then again and again.
struct ReconcileDuties: Sendable {
    private let reconcile: ReconcileAccounts
    private let connections: Connections
    private let drift: Gauge
    private let accounts: Gauge
    private let mended: Counter

    init(_ connections: Connections, _ set: BrokerSet, _ complete: CompleteTrades) {
        self.connections = connections
        reconcile = ReconcileAccounts(
            orders: connections.orders,
            drifts: connections.orders,
            accounts: connections.accounts,
            brokers: set.brokers,
            queue: connections.queue,
            complete: complete,
            clock: connections.clock
        )
        drift = connections.metrics.gauge(
            "volley_drift",
            help: "Open differences between our books and the brokers', by kind.",
            labels: ["kind"]
        )
        accounts = connections.metrics.gauge(
            "volley_reconciled_accounts",
            help: "Accounts of the last comparison: compared, or not to be asked.",
            labels: ["result"]
        )
        mended = connections.metrics.counter(
            "volley_drift_mended_total",
            help: "Differences that went away by reading the broker's books."
        )
    }

    /// Does it until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await once()
            } catch is CancellationError {
                return
            } catch {
                connections.logger.warning(
                    "our books could not be compared with the brokers'",
                    [LogField("cause", "\(error)")]
                )
            }
            let wait = connections.settings.reconcileEvery
            guard (try? await connections.clock.sleep(for: wait)) != nil else { return }
        }
    }

    private func once() async throws {
        let summary = try await reconcile { account, drift in report(drift, account) }
        let open = try await connections.orders.openDrifts()
        for kind in DriftKind.allCases { drift.set(Double(open[kind] ?? 0), [kind.rawValue]) }
        accounts.set(Double(summary.compared), ["compared"])
        accounts.set(Double(summary.unasked), ["unasked"])
        mended.add(summary.mended)
        connections.logger.info(
            "our books were compared with the brokers'",
            [
                LogField("accounts", summary.compared), LogField("unasked", summary.unasked),
                LogField("mended", summary.mended), LogField("external_orders", summary.externals),
            ]
        )
    }

    private func report(_ drift: Drift, _ account: ComparedAccount) {
        let fields = [
            LogField("kind", drift.kind.rawValue), LogField("subject", drift.subject),
            LogField("client", account.client), LogField("account", account.account),
            LogField("broker", account.broker.rawValue), LogField("ours", Self.text(drift.ours)),
            LogField("theirs", Self.text(drift.theirs)),
        ]
        guard drift.kind.isContradiction else {
            connections.logger.info("an order was placed outside Volley", fields)
            return
        }
        connections.logger.error("our books and the broker's differ", fields)
    }

    private static func text(_ side: BookSide?) -> String {
        guard let side else { return "nothing" }
        if let cash = side.cash { return "\(cash)" }
        let filled = side.filled.map { "\($0)/" } ?? ""
        return "\(side.state.map { $0 + " " } ?? "")\(filled)\(side.quantity)"
    }
}
