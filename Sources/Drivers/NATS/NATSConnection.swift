import JSON
import Synchronization
package import WebSocket

/// A client's connection to a NATS server within a WebSocket: it subscribes, and publishes nothing.
///
/// 1. It is open once the server has answered what was sent in front of the first ping: so it knows
///    the user, and has taken the first subscriptions.
/// 2. The server's pings are answered while somebody reads `messages`. That the server is there at
///    all is what the WebSocket's own pings tell.
package final class NATSConnection: Sendable {
    private struct State {
        var parser = NATSParser()
        /// Messages that came before the connection was open.
        var early: ArraySlice<NATSMessage> = []
    }

    /// A server that publishes more before it lets us in is none.
    private static let mostEarly = 1_000

    private let socket: WebSocketConnection
    private let identity: NATSIdentity
    private let state = Mutex(State())

    private init(_ socket: WebSocketConnection, _ identity: NATSIdentity) {
        self.socket = socket
        self.identity = identity
    }

    /// Introduces itself over a socket that is open, and subscribes.
    ///
    /// - Returns: A connection whose server has taken `subscriptions`.
    /// - Throws: Why there is none; the socket is closed then.
    package static func open(
        over socket: WebSocketConnection,
        as identity: NATSIdentity,
        subscribing subscriptions: [NATSSubscription] = [],
        within limit: Duration = .seconds(10)
    ) async throws(NATSError) -> NATSConnection {
        let connection = NATSConnection(socket, identity)
        let outcome = await withTaskGroup(of: Result<Void, NATSError>.self) { group in
            group.addTask { await connection.tryToEnter(subscriptions) }
            group.addTask {
                let isOver = (try? await Task.sleep(for: limit)) != nil
                return .failure(isOver ? .timedOut : .lost("cancelled"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.timedOut)
        }
        if case .failure(let error) = outcome {
            await socket.close()
            throw error
        }
        return connection
    }

    /// What is published on the subjects subscribed to, for one reader.
    ///
    /// Ends when the connection is closed by either side; throws where it broke, or where the server
    /// ends it with a reason.
    package var messages: AsyncThrowingStream<NATSMessage, any Error> {
        AsyncThrowingStream { [self] in try await next() }
    }

    /// How the socket was closed; nil while it is open, and where it was lost.
    package var closure: WebSocketClosure? { socket.closure }

    /// Sends requests; a subscription that the server refuses is not heard of again.
    package func send(_ request: NATSRequest) async throws(NATSError) {
        try await send(Array(request.line.utf8))
    }

    /// Closes the socket in good order.
    package func close() async { await socket.close() }

    private func tryToEnter(_ subscriptions: [NATSSubscription]) async -> Result<Void, NATSError> {
        do throws(NATSError) {
            try await enter(subscriptions)
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private func enter(_ subscriptions: [NATSSubscription]) async throws(NATSError) {
        guard case .info(let info) = try await neededOperation() else {
            throw .malformed("a server that does not introduce itself")
        }
        guard let nonce = (try? JSONValue(parsing: info))?["nonce"]?.string else {
            throw .malformed("a server that wants nothing signed")
        }
        try await send(identity.introduction(signing: nonce))
        let lines = subscriptions.map { NATSRequest.subscribe($0).line } + ["PING\r\n"]
        try await send(Array(lines.joined().utf8))
        while true {
            switch try await neededOperation() {
            case .pong: return
            case .error(let words): throw .refused(identity.hidden(words))
            case .ping: try await answerPing()
            case .message(let message): try keep(message)
            case .info, .ok: continue
            }
        }
    }

    private func keep(_ message: NATSMessage) throws(NATSError) {
        let isTaken = state.withLock { state in
            guard state.early.count < Self.mostEarly else { return false }
            state.early.append(message)
            return true
        }
        if !isTaken { throw .malformed("a server that publishes before it lets us in") }
    }

    private func next() async throws(NATSError) -> NATSMessage? {
        if let early = state.withLock({ $0.early.popFirst() }) { return early }
        while let operation = try await operation() {
            switch operation {
            case .message(let message): return message
            case .ping: try await answerPing()
            case .error(let words) where !Self.isBearable(words):
                throw .refused(identity.hidden(words))
            case .error, .info, .ok, .pong: continue
            }
        }
        return nil
    }

    /// Of its errors a server ends the connection with all but these, which concern one subject.
    private static func isBearable(_ words: String) -> Bool {
        let words = words.lowercased()
        return words.hasPrefix("permissions violation") || words.hasPrefix("invalid subject")
    }

    /// What the server says next; nil where the connection was closed in good order.
    private func operation() async throws(NATSError) -> NATSOperation? {
        while true {
            if let operation = try parsed() { return operation }
            var frames = socket.messages.makeAsyncIterator()
            let frame: WebSocketMessage?
            do {
                frame = try await frames.next()
            } catch {
                // The driver's errors do not tell the address.
                throw .lost("\(error)")
            }
            switch frame {
            case .binary(let bytes): state.withLock { $0.parser.append(bytes) }
            case .text: throw .malformed("a frame of text")
            case nil: return nil
            }
        }
    }

    private func parsed() throws(NATSError) -> NATSOperation? {
        try state.withLock { state throws(NATSError) in try state.parser.next() }
    }

    private func neededOperation() async throws(NATSError) -> NATSOperation {
        guard let operation = try await operation() else {
            throw .lost(socket.closure.map { "closed with \($0.code)" } ?? "ended")
        }
        return operation
    }

    private func answerPing() async throws(NATSError) { try await send(Array("PONG\r\n".utf8)) }

    private func send(_ bytes: [UInt8]) async throws(NATSError) {
        do {
            try await socket.send(.binary(bytes))
        } catch {
            throw .lost("\(error)")
        }
    }
}
