import Synchronization
package import Trading

/// Listens to the brokers' order streams for the accounts whose orders rest, so that a fill is heard
/// of at once, and, where there is room, for those whose conditional orders wait; one process of the cluster does this.
///
/// 1. What a stream says becomes a hint, as a postback does; the books alone are believed.
/// 2. Whenever a stream begins, the account's live orders are looked at: what happened before was
///    not heard.
/// 3. Without a stream, be it lost or one too many, the sweep looks as ever: later, never wrong.
package final class FollowOrderStreams: Sendable {
    /// How many streams are held, and for how long.
    package struct Limits: Sendable {
        /// Streams held at once; each is a connection.
        package var streams = 1_000
        /// Streams begun in one round, since each looks up a name and agrees on TLS.
        package var startsPerRound = 50
        /// An order that filled within this needs no stream: in a large trade that is most of them.
        package var rest: Duration = .seconds(10)
        /// How long a stream outlives the last live order of its account.
        package var linger: Duration = .seconds(60)
        package var round: Duration = .seconds(1)

        package init() {}
    }

    private struct Followed {
        let session: BrokerSession
        let stop: AsyncStream<Never>.Continuation
        var lastWanted: Timestamp
    }

    private let streams: [BrokerName: any OrderStream]
    private let store: any LiveAccountStore
    private let hint: TakeHints
    private let queue: any OrderQueue
    private let clock: any WallClock
    private let limits: Limits
    /// Accounts whose stream began since the last round.
    private let begun = Mutex<Set<AccountID>>([])

    package init(
        streams: [any OrderStream],
        store: any LiveAccountStore,
        hint: TakeHints,
        queue: any OrderQueue,
        clock: any WallClock,
        limits: Limits = Limits()
    ) {
        self.streams = Dictionary(uniqueKeysWithValues: streams.map { ($0.broker, $0) })
        self.store = store
        self.hint = hint
        self.queue = queue
        self.clock = clock
        self.limits = limits
    }

    /// What happens to streams, for logs and metrics.
    package enum Event: Sendable {
        /// So many streams are held now.
        case held(Int)
        /// So many hints were told.
        case hinted(Int)
        case lost(AccountID, why: String, pause: Duration)
        /// The store did not answer; the streams go on.
        case failed(any Error)
    }

    /// Follows until cancelled; `tell` hears what happens.
    package func run(_ tell: @escaping @Sendable (Event) -> Void) async {
        await withDiscardingTaskGroup { group in
            var followed: [AccountID: Followed] = [:]
            while !Task.isCancelled {
                var rest = limits.round
                do {
                    let began = clock.now()
                    let wanted = try await store.liveAccounts(
                        at: streams.keys.sorted { $0.rawValue < $1.rawValue },
                        resting: limits.rest,
                        limit: limits.streams
                    )
                    rest = FairRest.after(began.duration(to: clock.now()), atLeast: limits.round)
                    for live in start(wanted, &followed) {
                        let stop = AsyncStream.makeStream(of: Never.self)
                        followed[live.account]?.stop.finish()
                        followed[live.account] = Followed(
                            session: live.session,
                            stop: stop.continuation,
                            lastWanted: clock.now()
                        )
                        group.addTask { await self.follow(live, until: stop.stream, tell) }
                    }
                    tell(.held(followed.count))
                    try await lookAtBegun()
                } catch {
                    tell(.failed(error))
                }
                guard (try? await clock.sleep(for: rest)) != nil else { break }
            }
            group.cancelAll()
        }
    }

    /// Stops what nobody needs any more, and gives those that shall be begun, or begun anew with
    /// another token.
    private func start(
        _ wanted: [LiveAccount],
        _ followed: inout [AccountID: Followed]
    ) -> [LiveAccount] {
        let now = clock.now()
        for live in wanted { followed[live.account]?.lastWanted = now }
        for (account, known) in followed
        where known.lastWanted.duration(to: now) > limits.linger {
            known.stop.finish()
            followed[account] = nil
        }
        var room = min(limits.startsPerRound, limits.streams - followed.count)
        return wanted.filter { live in
            if let known = followed[live.account] {
                return known.session.token != live.session.token
            }
            room -= 1
            return room >= 0
        }
    }

    /// One account's stream, until it shall stop.
    private func follow(
        _ live: LiveAccount,
        until stop: AsyncStream<Never>,
        _ tell: @escaping @Sendable (Event) -> Void
    ) async {
        guard let stream = streams[live.broker] else { return }
        let listener = OrderStreamListener(
            hinted: { hints in
                tell(.hinted(hints.count))
                self.hint(hints, of: live.broker)
            },
            connected: { self.begun.withLock { _ = $0.insert(live.account) } },
            lost: { tell(.lost(live.account, why: $0, pause: $1)) }
        )
        await withDiscardingTaskGroup { group in
            group.addTask { await stream.follow(live.session, listener) }
            // Ends when told to stop, and when this task is cancelled.
            for await _ in stop {}
            group.cancelAll()
        }
    }

    private func lookAtBegun() async throws {
        let accounts = begun.withLock { begun in
            defer { begun = [] }
            return begun
        }
        guard !accounts.isEmpty else { return }
        hint.unheard(accounts)
        do {
            let jobs = try await store.liveJobs(of: accounts.sorted())
            _ = await queue.publish(SweepOrders.lookMessages(jobs))
        } catch {
            begun.withLock { $0.formUnion(accounts) }
            throw error
        }
    }
}
