package import Desk
import Synchronization
package import Trading
import WebSocket

/// A market feed over a connection: connected again and again, and subscribed to what is wanted.
package struct FeedSocket<Dialect: FeedDialect>: MarketFeed {
    package let broker: BrokerName
    package let room: Int
    private let dialect: Dialect
    private let clock: any Clock<Duration>

    package init(
        _ broker: BrokerName,
        room: Int,
        _ dialect: Dialect,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.broker = broker
        self.room = room
        self.dialect = dialect
        self.clock = clock
    }

    package func follow(
        _ session: BrokerSession,
        _ subscription: FeedSubscription,
        _ listener: FeedListener
    ) async {
        await KeptConnection(clock: clock).run {
            let heard = SignOfLife()
            let why = await listen(session, subscription, listener, heard)
            return (heard.count > 0, why)
        } lost: { why, pause in
            listener.lost(why, pause)
        }
    }

    /// One connection, from its beginning to its end, and why it ended.
    private func listen(
        _ session: BrokerSession,
        _ subscription: FeedSubscription,
        _ listener: FeedListener,
        _ heard: SignOfLife
    ) async -> String {
        let socket: Dialect.Connection
        do {
            socket = try await dialect.connect(session)
        } catch let failure as BrokerFailure {
            return failure.words
        } catch {
            // The driver's errors do not tell the address, which may hold the token.
            return "\(error)"
        }
        if socket.isWelcome { heard.note() }
        return await withTaskGroup(of: String?.self) { group in
            group.addTask { await read(socket, subscription, listener, heard) }
            group.addTask { await tell(socket, subscription) }
            if let silence = dialect.silence {
                group.addTask { await watch(heard, silence) }
            }
            var why: String?
            while why == nil, let ending = await group.next() { why = ending }
            group.cancelAll()
            await socket.end()
            return why ?? "ended"
        }
    }

    private func read(
        _ socket: Dialect.Connection,
        _ subscription: FeedSubscription,
        _ listener: FeedListener,
        _ heard: SignOfLife
    ) async -> String? {
        var reader = dialect.reader()
        var known: Set<FeedInstrument> = []
        do {
            for try await message in socket.messages {
                heard.note()
                let wanted = subscription.wanted
                if wanted != known {
                    reader.know(wanted)
                    known = wanted
                }
                let ticks = try reader.ticks(in: message)
                listener.heard()
                if !ticks.isEmpty { listener.ticked(ticks) }
            }
            return socket.closure.map { "closed with \($0.code)" } ?? "ended"
        } catch let failure as BrokerFailure {
            return failure.words
        } catch {
            return "\(error)"
        }
    }

    /// Subscribes to what is wanted, and to what is wanted later; nil where that is over.
    private func tell(_ socket: Dialect.Connection, _ subscription: FeedSubscription) async
        -> String?
    {
        var told: Set<FeedInstrument> = []
        for await _ in subscription.changes() {
            let wanted = subscription.wanted
            let gone = told.subtracting(wanted).sorted { $0.instrument < $1.instrument }
            let new = wanted.subtracting(told).sorted { $0.instrument < $1.instrument }
            let messages =
                (gone.isEmpty ? [] : dialect.unsubscribe(gone))
                + (new.isEmpty ? [] : dialect.subscribe(new))
            for message in messages {
                // A connection that is broken ends the reader too, which knows why.
                guard (try? await socket.send(message)) != nil else { return nil }
            }
            told = wanted
        }
        return nil
    }

    /// Ends where nothing was heard for so long; nil where it was cancelled before.
    private func watch(_ heard: SignOfLife, _ silence: Duration) async -> String? {
        while true {
            let before = heard.count
            guard (try? await clock.sleep(for: silence)) != nil else { return nil }
            if heard.count == before { return "silent for \(silence)" }
        }
    }
}

/// Counts what was heard of the other side.
private final class SignOfLife: Sendable {
    private let messages = Atomic<Int>(0)

    var count: Int { messages.load(ordering: .relaxed) }

    func note() { messages.add(1, ordering: .relaxed) }
}
