import Desk
import PostgresStore
import Secrets
import Telemetry
import Trading

/// What the leading scheduler does for the audit log: seals its rows, and says so where it cannot.
struct AuditDuties: Sendable {
    private let keep: KeepAuditSealed
    private let logger: Logger
    private let sealed: Gauge
    private let age: Gauge

    init(_ connections: Connections) {
        logger = connections.logger
        keep = KeepAuditSealed(
            store: connections.audit,
            clock: connections.clock,
            digest: { Tokens.sha256($0) }
        )
        sealed = connections.metrics.gauge(
            "volley_audit_sealed_rows",
            help: "Audit rows that are sealed.",
            labels: []
        )
        age = connections.metrics.gauge(
            "volley_audit_oldest_unsealed_seconds",
            help: "Age of the oldest audit row that is not sealed yet; 0 where there is none.",
            labels: []
        )
    }

    /// Does it until cancelled.
    func run() async {
        await keep.run { tell($0) }
        // Whoever does not lead any more knows nothing of them.
        age.set(0, [])
    }

    private func tell(_ notice: KeepAuditSealed.Notice) {
        switch notice {
        case .standing(let rows, let oldest):
            sealed.set(Double(rows), [])
            age.set(Double(oldest.components.seconds), [])
        case .late(let rows, let oldest):
            logger.warning(
                "audit rows have not been sealed for long: a transaction is open, or sealing fails",
                [
                    LogField("rows", rows), LogField("oldest_seconds", oldest.components.seconds),
                ]
            )
        case .failed(let error):
            logger.warning("audit rows could not be sealed", [LogField("cause", "\(error)")])
        }
    }
}
