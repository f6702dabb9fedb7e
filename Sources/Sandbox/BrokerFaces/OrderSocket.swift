import Exchange
import WebSocket

/// The faces' order-update sockets on one port, told apart by where their paths begin.
///
/// Dhan's socket has a host of its own and no path; what names no face is Dhan's.
struct OrderSocket: Sendable {
    private let server: WebSocketServer

    init(_ faces: [any BrokerFace], _ configuration: SandboxConfiguration) {
        server = WebSocketServer(
            WebSocketServerConfiguration(
                host: configuration.webSocketHost,
                port: configuration.webSocketPort
            )
        ) { connection in
            let path = connection.path
            let named = faces.first { path.hasPrefix(Self.beginning(of: type(of: $0).root)) }
            await (named ?? faces[0]).serve(connection)
        }
    }

    var port: Int { server.port }

    func start() throws {
        try server.start()
    }

    func stop() async {
        await server.stop()
    }

    /// `/dhan/v2` begins with `/dhan`.
    private static func beginning(of root: String) -> String {
        "/" + (root.split(separator: "/").first ?? "")
    }
}

extension BrokerFace {
    /// Passes the orders' changes of one account, or with nil of all of them, until the client goes
    /// or the feed ends.
    ///
    /// `hear` gets what the client says meanwhile; `begun` is called once no change is missed any
    /// more; `write` makes messages of one change.
    func passUpdates(
        of account: Int?,
        to connection: WebSocketConnection,
        hearing hear: @escaping @Sendable (WebSocketMessage) -> Void = { _ in },
        begun: () -> Void = {},
        write: @escaping @Sendable (OrderUpdate) -> [WebSocketMessage]
    ) async {
        let (id, updates) = floor.listen(to: account)
        begun()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await update in updates {
                    for message in write(update) {
                        do throws(WebSocketError) {
                            try await connection.send(message)
                        } catch {
                            return
                        }
                    }
                }
            }
            // The end of what the client says means that it is gone.
            group.addTask {
                while let message = await Self.next(connection) { hear(message) }
            }
            await group.next()
            floor.stopListening(id, to: account)
            group.cancelAll()
        }
        await connection.close(code: 1000)
    }

    /// Nil once the connection is closed, or broken: both mean the client is gone.
    static func next(_ connection: WebSocketConnection) async -> WebSocketMessage? {
        var messages = connection.messages.makeAsyncIterator()
        return try? await messages.next()
    }
}
