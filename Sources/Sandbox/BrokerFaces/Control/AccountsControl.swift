import Exchange
import HTTPServer
import JSON

extension ControlFace {
    var accountRoutes: [HTTPRoute] {
        [
            route("POST", "/accounts") { request throws(ControlRefusal) in
                let items = try Self.list("accounts", request)
                let entries = try items.map { item throws(ControlRefusal) in
                    try AccountEntry(item, floor)
                }
                floor.enter { world, _ in
                    for entry in entries { entry.apply(to: &world) }
                }
                return Self.done { $0.field("accounts", entries.count) }
            },
            // Ends every order-update socket that is open now, as a broker's restart does.
            route("DELETE", "/streams") { _ throws(ControlRefusal) in
                floor.endFeeds()
                return Self.done { $0.field("status", "cut") }
            },
            route("GET", "/accounts") { _ throws(ControlRefusal) in
                let (clients, partners) = floor.enter { world, _ in
                    let clients = world.clients.indices.map { index in
                        (world.clients[index], world.subscribers[index]?.count ?? 0)
                    }
                    return (clients, world.partners.count)
                }
                return Self.done { writer in
                    writer.key("accounts")
                    writer.beginArray()
                    for (client, listeners) in clients {
                        writer.beginObject()
                        writer.field("face", client.face.name)
                        writer.field("client_id", client.client)
                        // Open order-update sockets: their login is not answered, so wait on this.
                        writer.field("listeners", listeners)
                        writer.endObject()
                    }
                    writer.endArray()
                    writer.field("partner_listeners", partners)
                }
            },
        ]
    }
}

/// One account as the control face takes it; what an update leaves out is as if never set.
private struct AccountEntry: Sendable {
    let face: any BrokerFace.Type
    let client: String
    let token: String
    let tokenExpiresAt: Moment?
    let funds: Rupees?
    let holdings: [Int: Holding]?
    let postback: PostbackAddress?
    let allowedAddress: String?
    let secondAddress: String?
    let needsAuthorisation: Bool
    let pin: String?

    init(_ item: JSONValue, _ floor: Floor) throws(ControlRefusal) {
        let name = try item.optionalText("face") ?? DhanFace.name
        guard let known = Faces.named(name) else {
            throw ControlRefusal("face \(name) is not simulated")
        }
        face = known
        client = try item.text("client_id")
        token = try item.optionalText("token") ?? "token-" + client
        tokenExpiresAt = try item.optionalMoment("token_expires_at")
        funds = try item.optionalAmount("funds")
        postback = try item.optionalText("postback_url").map { PostbackAddress($0) }
        allowedAddress = try item.optionalText("allowed_ip")
        secondAddress = try item.optionalText("second_ip")
        needsAuthorisation = item["needs_authorisation"]?.bool ?? false
        pin = try item.optionalText("pin")
        guard let list = item["holdings"], !list.isNull else {
            holdings = nil
            return
        }
        guard let items = list.array else { throw ControlRefusal("holdings is not a list") }
        var holdings: [Int: Holding] = [:]
        for item in items {
            let symbol = try item.text("symbol")
            let isBSE = try item.optionalText("exchange") == "BSE"
            let found = floor.enter { world, _ in world.exchange.find(symbol: symbol, isBSE: isBSE)
            }
            guard let index = found else { throw ControlRefusal("unknown symbol \(symbol)") }
            holdings[index] = Holding(
                quantity: try item.optionalWhole("quantity") ?? 0,
                averagePrice: try item.optionalAmount("average_price") ?? .zero
            )
        }
        self.holdings = holdings
    }

    func apply(to world: inout World) {
        let account = world.open(face: face, client: client, token: token)
        world.setToken(token, expiresAt: tokenExpiresAt, of: account)
        world.clients[account].isTokenOfWeb = true
        world.clients[account].pin = pin
        world.clients[account].lastPINLogin = nil
        world.clients[account].postback = postback
        world.clients[account].checksAddress = allowedAddress != nil
        world.clients[account].primaryAddress = allowedAddress
        world.clients[account].secondaryAddress = secondAddress
        world.clients[account].checksAuthorisation = needsAuthorisation
        world.clients[account].authorised = [:]
        world.exchange.equip(account, funds: funds, holdings: holdings)
        world.updateWatch(account)
    }
}
