import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Who may see and do what", .timeLimit(.minutes(5)))
struct RoleTests {
    @Test("A trader sees the own clients only")
    func traders() async throws {
        try await WebWorld.serving { world in
            let mine = world.store.addClient("MINE", of: world.traderID)
            let theirs = world.store.addClient("THEIRS", of: try #require(world.other.trader))
            let list = try await world.ask("GET", "/api/v1/clients", as: world.trader)
            #expect(list.json["clients"]?.array?.compactMap { $0["id"]?.int64 } == [mine.raw])
            #expect(
                try await world.ask("GET", "/api/v1/clients/\(mine)", as: world.trader).status
                    == 200
            )
            for method in ["GET", "PATCH", "DELETE"] {
                let answer = try await world.ask(
                    method,
                    "/api/v1/clients/\(theirs)",
                    as: world.trader,
                    method == "PATCH" ? #"{"name":"Mine now"}"# : nil
                )
                answer.expectProblem(404, "not_found")
            }
            let all = try await world.ask("GET", "/api/v1/clients", as: world.admin)
            #expect(all.json["clients"]?.array?.count == 2)
        }
    }

    @Test("A client reads itself and nothing else")
    func clients() async throws {
        try await WebWorld.serving { world in
            let own = world.store.addClient("OWN", of: world.traderID)
            let sibling = world.store.addClient("SIBLING", of: world.traderID)
            let user = world.clientUser(own)
            let seen = try await world.ask("GET", "/api/v1/clients/\(own)", as: user)
            #expect(seen.status == 200)
            try await world.ask("GET", "/api/v1/clients/\(sibling)", as: user)
                .expectProblem(404, "not_found")
            try await world.ask("PATCH", "/api/v1/clients/\(own)", as: user, #"{"name":"x"}"#)
                .expectProblem(403, "not_allowed")
            try await world.ask("POST", "/api/v1/bulk-trades", as: user, WebWorld.buy)
                .expectProblem(403, "trading_not_allowed")
            let forbidden = [
                ("GET", "/api/v1/clients"), ("POST", "/api/v1/clients"),
                ("GET", "/api/v1/bulk-trades"),
                ("POST", "/api/v1/api-keys"), ("POST", "/api/v1/halts"), ("GET", "/api/v1/halts"),
                ("GET", "/api/v1/settings"), ("GET", "/api/v1/users"),
                ("POST", "/api/admin/execute-order"), ("POST", "/api/v1/clients/import"),
            ]
            let before = world.store.size
            for (method, path) in forbidden {
                let answer = try await world.ask(
                    method,
                    path,
                    as: user,
                    method == "POST" ? WebWorld.buy : nil
                )
                answer.expectProblem(403, "not_allowed")
            }
            #expect(world.store.size == before)
        }
    }

    @Test("An admin names the trader, who must exist")
    func admins() async throws {
        try await WebWorld.serving { world in
            let body = #"{"code":"A1","name":"A","capital":"100"}"#
            try await world.ask("POST", "/api/v1/clients", as: world.admin, body)
                .expectProblem(422, "invalid_fields", field: "trader_id")
            try await world.ask("POST", "/api/v1/bulk-trades", as: world.admin, WebWorld.buy)
                .expectProblem(422, "invalid_fields", field: "trader_id")
            for path in ["/api/v1/clients", "/api/v1/bulk-trades", "/api/admin/execute-order"] {
                let answer = try await world.ask(
                    "POST",
                    path + "?trader_id=999999",
                    as: world.admin,
                    path.hasSuffix("clients") ? body : WebWorld.buy
                )
                answer.expectProblem(422, "invalid_fields", field: "trader_id")
            }
            #expect(world.store.size == [0, 0, 3, 0])
            let made = try await world.ask(
                "POST",
                "/api/v1/clients?trader_id=\(world.traderID)",
                as: world.admin,
                body
            )
            #expect(made.status == 201)
            #expect(made.json["trader_id"]?.int64 == world.traderID.raw)
        }
    }

    @Test("Only admins make and list users; what cannot be is refused")
    func users() async throws {
        try await WebWorld.serving { world in
            let body =
                #"{"email":"new@example.com","name":"N","role":"trader","password":"a good long one"}"#
            try await world.ask("POST", "/api/v1/users", as: world.trader, body)
                .expectProblem(403, "not_allowed")
            try await world.ask("GET", "/api/v1/users", as: world.trader)
                .expectProblem(403, "not_allowed")
            let made = try await world.ask("POST", "/api/v1/users", as: world.admin, body)
            #expect(made.status == 201)
            #expect(made.json["trader_id"]?.int64 != nil)
            #expect(!made.text.contains("a good long one"))
            try await world.ask("POST", "/api/v1/users", as: world.admin, body)
                .expectProblem(409, "email_taken")
            let refused: [(String, String)] = [
                (#""email":"x","name":"N","role":"trader","password":"a good long one""#, "email"),
                (#""email":"a@b","name":"N","role":"king","password":"a good long one""#, "role"),
                (#""email":"a@b","name":"N","role":"trader","password":"short""#, "password"),
                (
                    #""email":"a@b","name":"N","role":"trader","password":"Password1234""#,
                    "password"
                ),
                (
                    #""email":"a@b","name":"N","role":"client","password":"a good long one""#,
                    "client_id"
                ),
                (
                    #""email":"a@b","name":"N","role":"trader","password":"a good long one","trader_id":99999"#,
                    "trader_id"
                ),
            ]
            let before = world.store.size
            for (fields, field) in refused {
                try await world.ask("POST", "/api/v1/users", as: world.admin, "{\(fields)}")
                    .expectProblem(422, "invalid_fields", field: field)
            }
            #expect(world.store.size == before)
            let list = try await world.ask("GET", "/api/v1/users?limit=2", as: world.admin)
            #expect(list.json["users"]?.array?.count == 2)
            #expect(list.json["next"]?.int64 != nil)
        }
    }

    @Test("A trader's usual part is read and changed by the trader")
    func settings() async throws {
        try await WebWorld.serving { world in
            let read = try await world.ask("GET", "/api/v1/settings", as: world.trader)
            #expect(read.json["usual_percent"]?.string == "25")
            let changed = try await world.ask(
                "PATCH",
                "/api/v1/settings",
                as: world.trader,
                #"{"usual_percent":"12.5"}"#
            )
            #expect(changed.json["usual_percent"]?.string == "12.5")
            for bad in [#""0""#, #""100.01""#, #""12.345""#, "-5", "1e1", #""NaN""#] {
                try await world.ask(
                    "PATCH",
                    "/api/v1/settings",
                    as: world.trader,
                    #"{"usual_percent":\#(bad)}"#
                ).expectProblem(422, "invalid_fields", field: "usual_percent")
            }
            let kept = try await world.ask("GET", "/api/v1/settings", as: world.trader)
            #expect(kept.json["usual_percent"]?.string == "12.5")
            let other = try await world.ask("GET", "/api/v1/settings", as: world.other)
            #expect(other.json["usual_percent"]?.string == "25")
        }
    }
}
