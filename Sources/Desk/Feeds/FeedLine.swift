import Synchronization
import Trading

/// One broker's feed with the session that serves it now.
final class FeedLine: Sendable {
    fileprivate struct State {
        var sessions: [BrokerSession] = []
        /// Which of them serves.
        var turn = 0
        var losses = 0
        var isAlive = true
        /// Ends what is followed now, so that it begins anew with the session in turn.
        var stop: AsyncStream<Never>.Continuation?
    }

    let feed: any MarketFeed
    let subscription = FeedSubscription()
    private let patience: Int
    private let state = Mutex(State())
    private let bell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(_ feed: any MarketFeed, patience: Int) {
        self.feed = feed
        self.patience = patience
    }

    var broker: BrokerName { feed.broker }
    /// Whether prices came since the connection was last lost; also before the first try.
    var isAlive: Bool { state.withLock { $0.isAlive } }
    var hasSession: Bool { state.withLock { !$0.sessions.isEmpty } }

    /// Serves by one of these from now on; by the same as before where that is still good.
    func use(_ sessions: [BrokerSession]) {
        state.withLock { state in
            let current = state.current
            state.sessions = sessions
            if let place = sessions.firstIndex(where: { $0.isSame(as: current) }) {
                state.turn = place
            } else {
                state.turn = 0
                state.losses = 0
                state.restart()
            }
        }
        bell.continuation.yield()
    }

    /// Follows the feed by whichever session is in turn, until stopped.
    func run(
        to board: TickBoard,
        _ tell: @escaping @Sendable (FollowMarketFeeds.Event) -> Void
    ) async {
        // A session comes, or another one does.
        for await _ in bell.stream {
            while !Task.isCancelled, let session = state.withLock({ $0.current }) {
                await follow(session, board, tell)
            }
        }
    }

    /// Ends `run`.
    func stop() {
        bell.continuation.finish()
        state.withLock { state in
            state.sessions = []
            state.restart()
        }
    }

    private func follow(
        _ session: BrokerSession,
        _ board: TickBoard,
        _ tell: @escaping @Sendable (FollowMarketFeeds.Event) -> Void
    ) async {
        let stop = AsyncStream.makeStream(of: Never.self)
        state.withLock { state in
            guard session.isSame(as: state.current) else { return stop.continuation.finish() }
            state.stop = stop.continuation
        }
        let listener = FeedListener(
            ticked: { board.put($0) },
            heard: { [self] in
                state.withLock { state in
                    state.isAlive = true
                    state.losses = 0
                }
            },
            lost: { [self] why, pause in
                note(lossOf: session)
                tell(.lost(broker, why: why, pause: pause))
            }
        )
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in await feed.follow(session, subscription, listener) }
            // Ends when told to stop, and when this task is cancelled.
            for await _ in stop.stream {}
            group.cancelAll()
        }
    }

    /// After several in a row another session may do better.
    private func note(lossOf session: BrokerSession) {
        state.withLock { state in
            state.isAlive = false
            state.losses += 1
            guard state.losses >= patience, state.sessions.count > 1 else { return }
            state.losses = 0
            state.turn = (state.turn + 1) % state.sessions.count
            state.restart()
        }
    }
}

extension FeedLine.State {
    fileprivate var current: BrokerSession? {
        turn < sessions.count ? sessions[turn] : nil
    }

    fileprivate mutating func restart() {
        stop?.finish()
        stop = nil
    }
}

extension BrokerSession {
    fileprivate func isSame(as other: BrokerSession?) -> Bool {
        account == other?.account && token == other?.token
    }
}
