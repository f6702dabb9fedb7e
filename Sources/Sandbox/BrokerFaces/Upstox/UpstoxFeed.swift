import Exchange
import HTTPServer
import JSON
import WebSocket

/// Webhook and portfolio stream (upstox.md §7): both carry the same message.
extension UpstoxFace {
    /// Where the redirect of an authorised caller leads.
    private static let socket = root + "/portfolio-stream-feed"

    var feedRoutes: [HTTPRoute] {
        [
            route("GET", "/v2/feed/portfolio-stream-feed/authorize") { call, world in
                let types = call.request.query("update_types") ?? "order"
                let query = "update_types=\(types.replacing(",", with: "%2C"))&"
                return redirect(to: Self.socket + "?" + query, call, &world)
            },
            route("GET", Self.marketPath + "/authorize") { call, world in
                redirect(to: Self.marketSocket + "?", call, &world)
            },
        ]
    }

    /// The address of a socket with a code in it that is good once.
    private func redirect(to place: String, _ call: FaceCall, _ world: inout World) -> FaceReply {
        let code = world.nextSecret("feed")
        world.tokenIDs[code] = world.clients[call.account].client
        let host = call.request.header("host") ?? "127.0.0.1"
        let name = host.prefix { $0 != ":" }
        let address = "ws://\(name):\(floor.webSocketPort)\(place)code=\(code)"
        return Self.success { writer in
            writer.beginObject()
            // The documents name it so; the official SDK reads the other spelling.
            writer.field("authorized_redirect_uri", address)
            writer.field("authorizedRedirectUri", address)
            writer.endObject()
        }
    }

    /// Takes a code that was given out, once; or, where the real server would redirect, a token.
    ///
    /// Positions and holdings are no news here: only orders are told of, and GTT orders as often as one
    /// that came of them changes.
    func serve(_ connection: WebSocketConnection) async {
        guard let account = listener(connection) else {
            await connection.close(code: 1008)
            return
        }
        if connection.path == Self.marketSocket || connection.path == Self.root + Self.marketPath {
            return await serveMarketFeed(connection, of: account)
        }
        let types = (connection.query("update_types") ?? "order").split(separator: ",")
        let tellsOrders = types.contains("order")
        let tellsTriggers = types.contains("gtt_order")
        let floor = floor
        await passUpdates(of: account, to: connection) { update in
            let (base, number) = (floor.orderIDBase, update.event.order.number)
            let trigger =
                tellsTriggers
                ? floor.enter { world, _ in Self.triggerMessage(about: number, base, world) } : nil
            let order = tellsOrders ? Self.postback(update, orderIDBase: base) : nil
            return [trigger, order].compactMap(\.self)
                .map { .text(String(decoding: $0, as: UTF8.self)) }
        }
    }

    private func listener(_ connection: WebSocketConnection) -> Int? {
        if [Self.socket, Self.marketSocket].contains(connection.path),
            let code = connection.query("code")
        {
            return floor.enter { world, _ in
                world.tokenIDs.removeValue(forKey: code)
                    .flatMap { world.account(face: Self.name, client: $0) }
            }
        }
        let paths = ["/v2/feed/portfolio-stream-feed", Self.marketPath]
        guard paths.contains(where: { connection.path == Self.root + $0 }) else { return nil }
        return Self.token(in: connection.header("authorization"))
            .flatMap { floor.account(of: Caller(client: nil, token: $0), at: Self.self) }
    }

    static func postback(_ update: OrderUpdate, orderIDBase: Int) -> [UInt8]? {
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        writer.field("update_type", "order")
        writer.field("user_id", update.client)
        writer.field("userId", update.client)
        writer.field("instrument_key", UpstoxWords.key(update.instrument))
        UpstoxOrderJSON(orderIDBase: orderIDBase).members(
            of: update.event.order,
            update.instrument,
            client: update.client,
            &writer
        )
        writer.endObject()
        return writer.bytes
    }
}
