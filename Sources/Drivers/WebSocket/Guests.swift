import Synchronization
import Telemetry

/// The connections of a server, each with the task that serves it.
final class Guests: Sendable {
    private struct Guest {
        let link: Link
        let task: Task<Void, Never>
    }
    private struct State {
        var guests: [ObjectIdentifier: Guest] = [:]
        var isClosing = false
        var whenEmpty: AsyncStream<Void>.Continuation?
    }

    private let limit: Int
    private let gauge: Gauge?
    private let handler: WebSocketServer.Handler
    private let state = Mutex(State())

    init(limit: Int, gauge: Gauge?, _ handler: @escaping WebSocketServer.Handler) {
        self.limit = limit
        self.gauge = gauge
        self.handler = handler
    }

    var hasRoom: Bool {
        state.withLock { !$0.isClosing && $0.guests.count < limit }
    }

    /// Starts the task that serves a new connection; on the loop's thread.
    func welcome(_ link: Link, _ handshake: Handshake) {
        let isWelcome = state.withLock { state in
            guard !state.isClosing else { return false }
            // Unstructured, because it begins in a callback of a C library, which has no parent
            // task; `sendAway` and `waitForHandlers` look after it. Under the lock, so that it
            // cannot leave before it is entered.
            let task = Task { await self.serve(WebSocketConnection(link, handshake), link) }
            state.guests[ObjectIdentifier(link)] = Guest(link: link, task: task)
            return true
        }
        if isWelcome {
            gauge?.add(1)
        } else {
            link.beginClosing(code: 1001, reason: "")
        }
    }

    /// Closes all connections, and lets nobody in any more.
    func sendAway() async {
        let links = state.withLock { state in
            state.isClosing = true
            return state.guests.values.map(\.link)
        }
        for link in links { link.beginClosing(code: 1001, reason: "") }
        for link in links { await link.waitUntilClosed() }
    }

    /// Waits until every handler has returned; cancels them all first, since their streams ended.
    func waitForHandlers(atMost limit: Duration) async {
        let (signals, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1)
        )
        let tasks = state.withLock { state in
            state.whenEmpty = continuation
            return state.guests.values.map(\.task)
        }
        guard !tasks.isEmpty else { return }
        for task in tasks { task.cancel() }
        await withTaskGroup { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func serve(_ connection: WebSocketConnection, _ link: Link) async {
        await handler(connection)
        await connection.close()
        gauge?.add(-1)
        let signal = state.withLock { state in
            state.guests.removeValue(forKey: ObjectIdentifier(link))
            return state.guests.isEmpty ? state.whenEmpty : nil
        }
        signal?.yield()
    }
}
