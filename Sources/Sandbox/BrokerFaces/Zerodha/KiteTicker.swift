import Exchange
import JSON
import Synchronization
import WebSocket

/// Kite's ticker (kite.md §7): ticks of what is subscribed, and every order's changes as text.
extension KiteFace {
    /// The WebSocket protocol's code for a broken rule; Kite refuses in the handshake.
    private static let policyViolation = 1008
    private static let connectionsPerKey = 3
    private static let instrumentsPerConnection = 3_000
    /// From one heartbeat and tick to the next.
    private static let beat: Duration = .seconds(1)

    func serve(_ connection: WebSocketConnection) async {
        guard let key = connection.query("api_key"), let token = connection.query("access_token"),
            let account = floor.account(
                of: Caller(client: nil, token: key + ":" + token),
                at: Self.self
            )
        else {
            await connection.close(code: Self.policyViolation)
            return
        }
        guard floor.openFeed(of: account, most: Self.connectionsPerKey) else {
            await connection.close(code: Self.policyViolation)
            return
        }
        defer { floor.closeFeed(of: account) }
        let watch = KiteWatch(most: Self.instrumentsPerConnection)
        let json = KiteOrderJSON(orderIDBase: floor.orderIDBase)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await beat(connection, watch) }
            await passUpdates(of: account, to: connection) { message in
                if case .text(let text) = message { watch.hear(text) }
            } write: { update in
                [.text(Self.frame(update, json))]
            }
            group.cancelAll()
        }
    }

    /// A heartbeat of one byte, and ticks where any are wanted.
    private func beat(_ connection: WebSocketConnection, _ watch: KiteWatch) async {
        while !Task.isCancelled {
            let packets = packets(watch.modes)
            do {
                try await connection.send(.binary([0]))
                if !packets.isEmpty {
                    try await connection.send(.binary(KiteTick.frame(packets)))
                }
                try await Task.sleep(for: Self.beat)
            } catch {
                return
            }
        }
    }

    private func packets(_ modes: [Int: KiteTick.Mode]) -> [[UInt8]] {
        if modes.isEmpty { return [] }
        return floor.enter { world, now in
            world.exchange.instruments.indices.compactMap { index in
                let token = KiteWords.token(world.exchange.instrument(index).key)
                guard let mode = modes[token] else { return nil }
                return KiteTick(token: token, quote: world.exchange.quote(index, at: now))
                    .packet(mode, now)
            }
        }
    }

    private static func frame(_ update: OrderUpdate, _ json: KiteOrderJSON) -> String {
        var writer = JSONWriter(capacity: 1_536)
        writer.beginObject()
        writer.field("type", "order")
        writer.field("id", "")
        writer.key("data")
        writer.beginObject()
        writer.field("user_id", update.client)
        json.members(of: update.event.order, update.client, update.instrument, &writer)
        writer.endObject()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// What one connection has subscribed to.
private final class KiteWatch: Sendable {
    private let wanted = Mutex<[Int: KiteTick.Mode]>([:])
    private let most: Int

    /// A watch of so many instruments at most; those beyond are passed over.
    init(most: Int) { self.most = most }

    var modes: [Int: KiteTick.Mode] { wanted.withLock { $0 } }

    /// Takes `{"a":"subscribe","v":[…]}`, `unsubscribe`, and `{"a":"mode","v":["full",[…]]}`.
    func hear(_ text: String) {
        guard let request = try? JSONValue(parsing: text), let values = request["v"]?.array else {
            return
        }
        switch request["a"]?.string {
        case "subscribe": set(values, to: .quote)
        case "unsubscribe": set(values, to: nil)
        case "mode":
            guard values.count == 2, let mode = KiteTick.Mode(rawValue: values[0].string ?? "")
            else { return }
            set(values[1].array ?? [], to: mode)
        default: break
        }
    }

    private func set(_ tokens: [JSONValue], to mode: KiteTick.Mode?) {
        wanted.withLock { wanted in
            for token in tokens.compactMap(\.int64) {
                guard mode == nil || wanted.count < most || wanted[Int(token)] != nil else {
                    continue
                }
                wanted[Int(token)] = mode
            }
        }
    }
}
