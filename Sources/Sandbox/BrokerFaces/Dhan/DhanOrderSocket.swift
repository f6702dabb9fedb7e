import Exchange
import JSON
import WebSocket

/// Dhan's order-update socket (dhan.md §7): login by the first frame, then every order's changes.
struct DhanOrderSocket: Sendable {
    /// What a partner logs in with.
    static let partner = (id: "partner-1", secret: "partner-secret-1")
    /// The WebSocket protocol's code for a broken rule; Dhan's own is not documented.
    private static let policyViolation = 1008

    /// Who listens: one account, or with nil a partner, who sees all.
    private struct Listener {
        let account: Int?
    }

    private let server: WebSocketServer

    init(floor: Floor, _ configuration: SandboxConfiguration) {
        server = WebSocketServer(
            WebSocketServerConfiguration(
                host: configuration.webSocketHost,
                port: configuration.webSocketPort
            )
        ) { connection in
            await Self.serve(connection, floor)
        }
    }

    var port: Int { server.port }

    func start() throws {
        try server.start()
    }

    func stop() async {
        await server.stop()
    }

    private static func serve(_ connection: WebSocketConnection, _ floor: Floor) async {
        guard let first = await next(connection), case .text(let text) = first,
            let listener = login(text, floor)
        else {
            await connection.close(code: policyViolation)
            return
        }
        let (id, updates) = floor.listen(to: listener.account)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await pass(updates, to: connection, floor.orderIDBase) }
            // What else the client says means nothing; the end of it means that it is gone.
            group.addTask { while await next(connection) != nil {} }
            await group.next()
            floor.stopListening(id, to: listener.account)
            group.cancelAll()
        }
        await connection.close(code: 1000)
    }

    private static func pass(
        _ updates: AsyncStream<OrderUpdate>,
        to connection: WebSocketConnection,
        _ orderIDBase: Int
    ) async {
        for await update in updates {
            do throws(WebSocketError) {
                try await connection.send(.text(DhanOrderAlert.text(update, orderIDBase)))
            } catch {
                return
            }
        }
    }

    /// Nil once the connection is closed, or broken: both mean the client is gone.
    private static func next(_ connection: WebSocketConnection) async -> WebSocketMessage? {
        var messages = connection.messages.makeAsyncIterator()
        return try? await messages.next()
    }

    /// Who logs in with the first frame.
    private static func login(_ text: String, _ floor: Floor) -> Listener? {
        guard let frame = try? JSONValue(parsing: text), let request = frame["LoginReq"],
            request["MsgCode"]?.int64 == 42, let client = request["ClientId"]?.string
        else { return nil }
        switch frame["UserType"]?.string {
        case "SELF":
            let token = request["Token"]?.string ?? ""
            return floor.account(client: client, token: token).map { Listener(account: $0) }
        case "PARTNER":
            let isKnown = client == partner.id && frame["Secret"]?.string == partner.secret
            return isKnown ? Listener(account: nil) : nil
        default:
            return nil
        }
    }
}
