import Exchange
import JSON
import WebSocket

/// Dhan's live market feed (dhan.md §7): text asks, and binary packets answer.
extension DhanFace {
    private static let connectionsPerUser = 5
    private static let instrumentsPerConnection = 5_000
    private static let instrumentsPerMessage = 100
    /// From one packet of an instrument to the next.
    private static let beat: Duration = .milliseconds(500)

    private typealias Watch = FeedWatch<DhanPacket.Key, DhanPacket.Mode>

    func serveMarketFeed(_ connection: WebSocketConnection) async {
        guard connection.query("version") == "2", connection.query("authType") == "2",
            let token = connection.query("token"), let client = connection.query("clientId"),
            let account = floor.account(
                of: Caller(client: client, token: token),
                at: Self.self
            )
        else { return await refuse(connection, 809) }
        guard floor.openFeed(of: account, most: Self.connectionsPerUser) else {
            return await refuse(connection, 805)
        }
        defer { floor.closeFeed(of: account) }
        let watch = Watch(most: Self.instrumentsPerConnection)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await sendPackets(to: connection, watch) }
            while !watch.isOver, let message = await Self.next(connection) {
                // The SDK says goodbye twice: as text, and as bytes of another version.
                guard case .text(let text) = message else { continue }
                if let reason = Self.hear(text, watch) {
                    try? await connection.send(.binary(DhanPacket.disconnect(reason)))
                    break
                }
            }
            group.cancelAll()
        }
        await connection.close(code: 1000)
    }

    private func refuse(_ connection: WebSocketConnection, _ reason: Int) async {
        try? await connection.send(.binary(DhanPacket.disconnect(reason)))
        await connection.close(code: 1008)
    }

    /// Why the connection is to be ended; nil where the request is taken.
    private static func hear(_ text: String, _ watch: Watch) -> Int? {
        guard let request = try? JSONValue(parsing: text), let code = request["RequestCode"]?.int64
        else { return 814 }
        if code == 12 {
            watch.end()
            return nil
        }
        guard let listed = request["InstrumentList"]?.array else { return 814 }
        guard listed.count <= instrumentsPerMessage,
            request["InstrumentCount"]?.int64 == Int64(listed.count)
        else { return 804 }
        let keys = listed.compactMap { DhanPacket.Key($0) }
        guard keys.count == listed.count else { return 813 }
        switch code {
        case 15: return watch.subscribe(keys, .ticker) ? nil : 804
        case 17: return watch.subscribe(keys, .quote) ? nil : 804
        case 21: return watch.subscribe(keys, .full) ? nil : 804
        case 16, 18, 22: watch.unsubscribe(keys)
        default: return 814
        }
        return nil
    }

    private func sendPackets(to connection: WebSocketConnection, _ watch: Watch) async {
        while !Task.isCancelled {
            let (modes, fresh) = watch.take()
            let (now, quotes) = floor.quotes(of: modes) {
                DhanPacket.Key(segment: $0.key.segment, security: $0.key.token)
            }
            do {
                for (key, mode, _, quote) in quotes {
                    let packet = DhanPacket(key: key, quote: quote, now: now)
                    if fresh.contains(key) {
                        try await connection.send(.binary(packet.previousClose))
                    }
                    try await connection.send(.binary(packet.bytes(mode)))
                }
                try await Task.sleep(for: Self.beat)
            } catch {
                return
            }
        }
    }
}
