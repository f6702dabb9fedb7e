import Desk
import PostgresStore
import Telemetry
import Trading

extension AdvanceExits {
    /// Over one process's stores and queue.
    init(_ connections: Connections, _ complete: CompleteTrades) {
        self.init(
            store: connections.orders,
            cancels: connections.orders,
            trades: connections.trades,
            submitCancel: SubmitCancel(
                store: connections.orders,
                queue: connections.queue,
                complete: complete
            ),
            submitTrade: SubmitTrade(
                store: connections.trades,
                queue: connections.queue,
                outbox: connections.outbox
            ),
            clock: connections.clock
        )
    }
}

/// What the leading scheduler does for exits: brings each nearer to its end, a few times a second.
struct ExitDuties: Sendable {
    private static let pause: Duration = .milliseconds(500)
    private let advance: AdvanceExits
    private let clock: any WallClock
    private let logger: Logger

    init(_ connections: Connections, _ complete: CompleteTrades) {
        advance = AdvanceExits(connections, complete)
        clock = connections.clock
        logger = connections.logger
    }

    /// Does it until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await advance()
            } catch {
                logger.warning("exits could not go on", [LogField("cause", "\(error)")])
            }
            try? await clock.sleep(for: Self.pause)
        }
    }
}
