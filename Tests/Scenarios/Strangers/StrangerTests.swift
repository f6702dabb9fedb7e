import JSON
import ServerTesting
import StackTesting
import Testing

/// Strangers with valid logins try every operation of the document that the running API serves, with
/// the ids of another's: tasks, orders, money, keys, all that there is.
///
/// A new operation is tried without a change here, or fails with a line that says what is missing.
@Suite(
    "Nobody reaches what is another's",
    .needs(.postgres),
    .needs(.rabbitMQ),
    .needs(.redis),
    .timeLimit(.minutes(20))
)
struct StrangerTests {
    private static let password = "words-for-tests-7"

    /// Who belongs to whom.
    private struct World {
        let office: Office
        let document: ServedDocument
        let victim: Victim
        let strangers: [Stranger]
        let neighbours: [Stranger]
        /// The victim's own keys, each with one scope only.
        let keys: [(scope: String, key: Stranger)]
        let neighbourUser: Int64
        let owner: Stranger
    }

    @Test("By no operation, with no credential, in no body: nothing is shown, nothing is changed")
    func strangers() async throws {
        try await Stack.with { stack in
            let world = try await Self.world(stack)
            try await attackAsOthers(world)
            try await attackAsNeighbours(world)
            try await attackWithSmallKeys(world)
            try await look(world)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    /// Another trader, and a client of that one: the victim's rows are the same after each request.
    private func attackAsOthers(_ world: World) async throws {
        let rows = try await OwnedRows(world.office.stack, of: world.victim.trader)
        // What is attacked is there: hardly a table in which the victim has nothing.
        #expect(rows.tables.count > 30, "\(rows.tables.sorted())")
        let before = try await rows.now()
        var checksum = try await rows.checksum()
        for stranger in world.strangers {
            for operation in world.document.operations {
                try await attack(world, stranger, operation, ofTrader: true)
                let after = try await rows.checksum()
                guard after != checksum else { continue }
                checksum = after
                let changed = before.symmetricDifference(try await rows.now())
                Issue.record("\(stranger.name) changed by \(operation): \(changed.sorted())")
            }
        }
        #expect(try await rows.now() == before)
    }

    /// Another client of the same trader, by login and by key: may do something of its own, but what
    /// was there of the victim's stays.
    private func attackAsNeighbours(_ world: World) async throws {
        let rows = try await OwnedRows(
            world.office.stack,
            of: world.victim.trader,
            exceptUser: world.neighbourUser
        )
        let before = try await rows.now()
        for neighbour in world.neighbours {
            for operation in world.document.operations {
                try await attack(world, neighbour, operation, ofTrader: false)
            }
            let lost = before.subtracting(try await rows.now())
            #expect(lost.isEmpty, "\(neighbour.name) changed \(lost.sorted())")
        }
    }

    /// A key of the victim's own that was made for something else.
    private func attackWithSmallKeys(_ world: World) async throws {
        let rows = try await OwnedRows(world.office.stack, of: world.victim.trader)
        let before = try await rows.checksum()
        for operation in world.document.operations {
            guard let needed = operation.scope, let path = world.victim.path(operation) else {
                continue
            }
            for (scope, key) in world.keys where scope != needed {
                let bodies = world.document.bodies(operation, naming: world.victim.named)
                for body in bodies.prefix(4) {
                    let answer = try await key.ask(operation.method, path, body)
                    #expect(answer.status == 403, "\(scope): \(operation) \(answer.text)")
                    #expect(answer.json?["code"]?.string == "scope_missing", "\(answer.text)")
                }
            }
        }
        #expect(try await rows.checksum() == before)
    }

    /// The victim itself is shown all of it, so that an attack that finds nothing has looked.
    private func look(_ world: World) async throws {
        var found: Set<String> = []
        for operation in world.document.operations where operation.method == "GET" {
            if operation.path.hasSuffix("/events") { continue }
            guard let path = world.victim.path(operation) else { continue }
            let answer = try await world.owner.ask("GET", path)
            // What only admins may see is not the victim's to look at, nor what nobody has made.
            let code = answer.json?["code"]?.string ?? ""
            if operation.namesRow, !operation.path.hasPrefix("/api/v1/users/") {
                #expect(
                    !["not_allowed", "not_found"].contains(code),
                    "\(operation): \(answer.text)"
                )
            }
            found.formUnion(world.victim.traces(in: answer))
        }
        for (name, ids) in world.victim.told where name != "account_id" {
            let isSeen = ids.contains { found.contains("\(name) \($0)") }
            #expect(isSeen, "no operation shows \(name)")
        }
        for mark in world.victim.marks {
            #expect(found.contains(mark), "no operation shows \(mark)")
        }
    }

    /// Asks one operation in every way, and looks at each answer.
    private func attack(
        _ world: World,
        _ stranger: Stranger,
        _ operation: ServedDocument.Operation,
        ofTrader: Bool
    ) async throws {
        guard let path = world.victim.path(operation) else { return }
        let filters = operation.filters.compactMap { name in
            world.victim.told[name]?.min().map { "\(name)=\($0)" }
        }
        let paths = [path] + filters.map { path + "?" + $0 }
        let bodies = world.document.bodies(operation, naming: world.victim.named)
        let type = operation.body?.type ?? "application/json"
        for path in paths {
            for body in bodies {
                let answer = try await stranger.ask(operation.method, path, body, type: type)
                try await judge(answer, "\(operation.method) \(path) \(body ?? "")")
            }
        }
        // Under a key that the victim has used, too.
        if let last = path.split(separator: "/").last.map(String.init),
            let key = world.victim.keys[last]
        {
            for body in bodies.prefix(4) {
                let answer = try await stranger.ask(
                    operation.method,
                    path,
                    body,
                    type: type,
                    key: key
                )
                try await judge(answer, "\(operation.method) \(path) \(body ?? "") with its key")
            }
        }

        func judge(_ answer: Stranger.Answer, _ asked: String) async throws {
            let what = "\(stranger.name): \(asked): \(answer.status) \(answer.text.prefix(600))"
            let traces = world.victim.traces(in: answer, ofTrader: ofTrader)
            #expect(traces.isEmpty, "\(what) shows \(traces)")
            #expect(answer.status < 500, "\(what)")
            if operation.namesRow { #expect([403, 404].contains(answer.status), "\(what)") }
            // Some operations end the login itself.
            if answer.status < 300, operation.scope == "admin" { try await stranger.comeIn() }
        }
    }
}

extension StrangerTests {
    private static func world(_ stack: Stack) async throws -> World {
        let workers = try ["worker", "scheduler", "relay"].map { try stack.start($0) }
        try await stack.startAPI()
        for (email, role) in [("other@example.com", "trader"), ("root@example.com", "admin")] {
            try await stack.run(
                ["admin", "create-user", "--email", email, "--role", role],
                input: password + "\n"
            )
        }
        let admin = try await Caller(stack, email: "root@example.com", password: password)
        let first = try await office(stack, Stack.trader.email, Stack.trader.password)
        let second = try await office(stack, "other@example.com", password)
        for (symbol, price) in [
            ("RELIANCE", "2950.00"), ("SBIN", "800.00"), ("TCS", "4000.00"), ("INFY", "1500.00"),
        ] { try await first.market(symbol, at: price) }
        let clients = try await first.admit([
            .init(
                name: "VICTIM Owner",
                capital: 1_000_000,
                code: "VICTIM-1",
                email: "victim@example.com",
                group: "VICTIMS"
            ), .init(name: "Neighbour", capital: 100_000),
        ])
        let others = try await second.admit([.init(name: "Other", capital: 100_000)])
        let trader = try await stack.count("SELECT trader_id FROM client WHERE id = \(clients[0])")
        var users: [Int64] = []
        for (name, client) in [
            ("owner", clients[0]), ("neighbour", clients[1]), ("others", others[0]),
        ] {
            let made = try await admin.post(
                "/api/v1/users",
                [
                    "email": .string("\(name)-user@example.com"), "name": .string(name),
                    "role": "client", "password": .string(password), "client_id": .integer(client),
                ],
                expecting: 201
            )
            users.append(try #require(made.number("user_id")))
        }
        var victim = try await Victim(first, admin, client: clients[0], trader: trader)
        // Nothing but the API moves from here on: what changes, a request has changed.
        for worker in workers { #expect(try await worker.terminate() == 0) }
        try await victim.finish()
        var keys: [(String, Stranger)] = []
        for scope in ["read", "trade", "clients", "admin"] {
            keys.append((scope, try await key(first, scope, ["scopes": .array([.string(scope)])])))
        }
        let neighbourKey: JSONValue = ["client_id": .integer(clients[1])]
        return World(
            office: first,
            document: try await ServedDocument(stack),
            victim: victim,
            strangers: [
                try await login(stack, "other@example.com"),
                try await key(second, "the other trader's key", [:]),
                try await login(stack, "others-user@example.com"),
            ],
            neighbours: [
                try await login(stack, "neighbour-user@example.com"),
                try await key(first, "a key for the neighbour alone", neighbourKey),
            ],
            keys: keys,
            neighbourUser: users[1],
            owner: try await Stranger(
                stack,
                "the victim",
                .login(email: Stack.trader.email, password: Stack.trader.password)
            )
        )
    }

    private static func office(_ stack: Stack, _ email: String, _ password: String) async throws
        -> Office
    {
        Office(stack: stack, trader: try await Caller(stack, email: email, password: password))
    }

    private static func login(_ stack: Stack, _ email: String) async throws -> Stranger {
        try await Stranger(stack, email, .login(email: email, password: password))
    }

    private static func key(_ office: Office, _ name: String, _ limits: JSONValue) async throws
        -> Stranger
    {
        var body = limits.object ?? JSONObject()
        _ = body.append("name", "k")
        let made = try await office.trader.post(
            "/api/v1/api-keys",
            .object(body),
            expecting: 201
        )
        return try await Stranger(
            office.stack,
            name,
            .key(try #require(made.text("api_key")))
        )
    }
}
