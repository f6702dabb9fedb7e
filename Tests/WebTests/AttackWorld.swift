import Desk
import DeskTesting
import JSON
import Testing
import Trading

@testable import Web

/// A trader with something of every kind, and strangers who know all its ids.
struct AttackWorld: Sendable {
    let web: WebWorld
    /// Texts that occur in what belongs to the victim, and nowhere else.
    static let marks = [
        "VICTIM", "Victim", "victim-client@", "trader@example.com", "victim-broker-order",
        "vk_victi", "victim-session-token",
    ]

    /// Whose rows the ids of paths name, by the word before them.
    let pathIDs: [String: String]
    /// What fields of bodies and queries that name somebody's row are set to.
    let named: [String: JSONValue]
    /// A client of the other trader who is a user.
    let clientUser: Identity
    /// The other trader's key, with no scope but one.
    let keys: [Scope: String]

    static func serving(_ body: (AttackWorld) async throws -> Void) async throws {
        try await WebWorld.serving { web in try await body(try await AttackWorld(web)) }
    }

    private init(_ web: WebWorld) async throws {
        self.web = web
        let victim = web.traderID
        let store = web.store
        let client = store.addClient("VICTIM1", of: victim, groups: ["VICTIMS"], broker: .dhan)
        let account = try #require(try await store.client(client)?.accounts.first?.id)
        store.addHolding(Quantity(77), of: web.instrument.id, to: client)
        let buy = try await web.ask("POST", "/api/v1/bulk-trades", as: web.trader, WebWorld.buy)
        let task = TaskID(try #require(buy.json["task_id"]?.int64))
        let jobs = try await store.plan(
            task,
            referencePrice: Price(raw: 1_000_000),
            marketOpen: true
        )
        let order = try #require(jobs.first?.intent)
        try await web.finish(jobs, .accepted(brokerOrderID: "victim-broker-order"))
        // Another that nobody knows the outcome of, and one that still waits.
        for number in 0..<2 {
            let more = try await web.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: web.trader,
                WebWorld.buy
            )
            let task = TaskID(try #require(more.json["task_id"]?.int64))
            let jobs = try await store.plan(
                task,
                referencePrice: Price(raw: 1_000_000),
                marketOpen: true
            )
            if number == 0 {
                try await web.finish(jobs, .unanswered(cause: "VICTIM", words: nil))
            }
        }
        let cancel = try await web.ask(
            "POST",
            "/api/v1/bulk-trades/\(task)/cancel",
            as: web.trader
        )
        let cancellation = try #require(cancel.json["cancellation_id"]?.int64)
        let actor = Actor(user: web.trader.user)
        try await store.setHalt(.client(client), on: true, why: "VICTIM halt", by: actor)
        let key = try await store.createAPIKey(
            web.trader.user,
            name: "VICTIM key",
            prefix: "vk_victi",
            hash: [1, 2, 3],
            limits: KeyLimits(),
            by: actor
        )
        web.audit.addRow(of: victim, client: client, detail: #"{"line": "VICTIM"}"#)
        try await store.setApprovalLimit(ApprovalLimit(clients: 0), of: victim, by: actor)
        let large = try await web.ask("POST", "/api/v1/bulk-trades", as: web.trader, WebWorld.buy)
        #expect(large.json["state"]?.string == "AWAITING_APPROVAL", "\(large.text)")
        let waiting = try #require(large.json["task_id"]?.int64)
        pathIDs = [
            "approvals": "\(waiting)",
            "clients": "\(client)", "broker-accounts": "\(account)", "bulk-trades": "\(task)",
            "orders": "\(order)", "cancels": "\(cancellation)", "api-keys": "\(key.id)",
            "sessions": "\(store.addSession(of: web.trader.user).id)", "postbacks": "dhan",
            "broker-logins": "zerodha", "users": "\(web.trader.user)",
            // Of these the victim has none: their ids are those of other things of the victim's.
            "modifications": "\(order)", "exits": "\(order)", "conditional-orders": "\(order)",
            "preflights": "\(task)", "baskets": "\(task)", "watchlists": "\(task)",
            "alerts": "\(client)",
        ]
        named = [
            "client_id": .integer(client.raw), "trader_id": .integer(victim.raw),
            "user_id": .integer(web.trader.user.raw), "task_id": .integer(task.raw),
            "order_id": .integer(order.raw), "account_id": .integer(account.raw),
            "clients": .array([.integer(client.raw)]), "group": "VICTIMS",
            "subject": .integer(client.raw), "broker_client_id": "DVICTIM1",
            "instrument_id": .integer(web.instrument.id.raw), "symbol": "RELIANCE",
        ]
        let own = store.addClient("OWN", of: try #require(web.other.trader), broker: .dhan)
        clientUser = store.addUser(
            UserDraft(
                email: "own-client@example.com",
                name: "Own",
                role: .client,
                passwordHash: "",
                trader: web.other.trader,
                client: own
            )
        )
        var keys: [Scope: String] = [:]
        for scope in Scope.allCases {
            let made = try await web.ask(
                "POST",
                "/api/v1/api-keys",
                as: web.other,
                #"{"name":"k","scopes":["\#(scope.rawValue)"]}"#
            )
            keys[scope] = try #require(made.json["api_key"]?.string, "\(made.text)")
        }
        self.keys = keys
    }

    /// The path with the victim's ids; nil where nobody has said whose id a place takes.
    func path(_ operation: OpenAPIDocument.Operation) -> String? {
        var before = ""
        var parts: [String] = []
        for part in operation.path.split(separator: "/").map(String.init) {
            if part.hasPrefix("{") {
                guard let id = pathIDs[before] else { return nil }
                parts.append(id)
            } else {
                parts.append(part)
                before = part
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Every way to ask that the document describes: without and with filters, with a body that has
    /// all its fields and with what it must have and whatever names somebody.
    func variants(_ operation: OpenAPIDocument.Operation) throws -> [(path: String, body: String?)]
    {
        let known = path(operation)
        let path = try #require(
            known,
            "\(operation.path): AttackWorld.pathIDs does not say whose id it takes"
        )
        let filters = operation.parameters.filter { $0.1 == "query" && named[$0.0] != nil }
            .map { "\($0.0)=\(text(named[$0.0] ?? .null))" }
        let paths = [path] + (filters.isEmpty ? [] : [path + "?" + filters.joined(separator: "&")])
        var bodies: [String?] = [nil]
        if let schema = operation.body {
            bodies =
                operation.bodyType == "application/json"
                ? try samples(schema)
                : ["code,name,capital,broker,broker_client_id\nX1,X,5,dhan,DVICTIM1\n"]
        }
        return paths.flatMap { path in bodies.map { (path, $0) } }
    }

    private func samples(_ schema: String) throws -> [String] {
        let document = try JSONValue(parsing: OpenAPIDocument.bytes)
        let shape = try #require(document["components"]?["schemas"]?[schema])
        var properties = shape["properties"]?.object ?? JSONObject()
        // What names nobody must not go through: it would be an honest trade of the stranger's own.
        if !properties.contains(where: { named[$0.key] != nil && $0.key != "symbol" }) {
            properties["symbol"] = nil
        }
        let required = Set(shape["required"]?.array?.compactMap(\.string) ?? [])
        let whole = object(properties) { _ in true }
        let least = object(properties) { required.contains($0) }
        // Each field that names somebody, alone with what is required.
        let each = properties.map(\.key).filter { named[$0] != nil && !required.contains($0) }
            .map { name in object(properties) { required.contains($0) || $0 == name } }
        // Each word of an enumeration, since another way of asking may hide behind it.
        var words: [String] = []
        for property in properties {
            for word in property.value["enum"]?.array ?? [] {
                let name = property.key
                words.append(
                    object(properties, [name: word]) {
                        required.contains($0) || $0 == name || named[$0] != nil
                    }
                )
                words.append(
                    object(properties, [name: word]) { required.contains($0) || $0 == "subject" }
                )
            }
        }
        return [whole, least] + each + words
    }

    private func object(
        _ properties: JSONObject,
        _ chosen: [String: JSONValue] = [:],
        where isWanted: (String) -> Bool
    ) -> String {
        var object = JSONObject()
        for property in properties where isWanted(property.key) {
            let value =
                chosen[property.key] ?? named[property.key] ?? Self.sample(property.value)
            _ = object.append(property.key, value)
        }
        return String(decoding: JSONValue.object(object).serialized(), as: UTF8.self)
    }

    private static func sample(_ shape: JSONValue) -> JSONValue {
        if let first = shape["enum"]?.array?.first { return first }
        if shape["format"]?.string == "date-time" { return "2030-01-01T00:00:00+05:30" }
        if shape["pattern"] != nil { return "1" }
        let type = shape["type"]?.string ?? shape["type"]?.array?.first?.string
        switch type {
        case "integer": return .integer(1)
        case "boolean": return true
        case "array": return .array([sample(shape["items"] ?? .null)])
        case "object": return .object(JSONObject())
        default: return "sample@example.com"
        }
    }

    private func text(_ value: JSONValue) -> String {
        value.string ?? value.number?.text ?? value.array.map { $0.map(text).joined() } ?? ""
    }
}
