import Desk
import Telemetry

/// What the leading scheduler does about trades that wait for approval: ends those that nobody has
/// decided in time.
struct ApprovalDuties: Sendable {
    private let store: any ApprovalStore
    private let clock: any WallClock
    private let logger: Logger

    private static let pause: Duration = .seconds(10)

    init(_ connections: Connections) {
        store = connections.trades
        clock = connections.clock
        logger = connections.logger
    }

    /// Does it until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                let ended = try await store.expireApprovals()
                if ended > 0 {
                    logger.notice("approvals ran out of time", [LogField("trades", ended)])
                }
            } catch {
                logger.warning("approvals could not be ended", [LogField("cause", "\(error)")])
            }
            try? await clock.sleep(for: Self.pause)
        }
    }
}
