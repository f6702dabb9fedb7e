import Desk
import DeskTesting
import JSON
import Secrets
import Testing
import Trading

@Suite("Logging in", .timeLimit(.minutes(5)))
struct LoginTests {
    private func logIn(_ world: WebWorld, _ email: String, _ password: String) async throws
        -> WebAnswer
    {
        try await world.ask(
            "POST",
            "/api/v1/login",
            #"{"email":"\#(email)","password":"\#(password)"}"#
        )
    }

    @Test("The right password gives a token that works; the case of the address does not matter")
    func right() async throws {
        try await WebWorld.serving { world in
            let answer = try await logIn(world, "Trader@Example.com", WebWorld.password)
            #expect(answer.status == 200)
            let token = try #require(answer.json["access_token"]?.string)
            #expect(answer.json["user"]?["role"]?.string == "trader")
            let me = try await world.ask(
                "GET",
                "/api/v1/me",
                headers: [("Authorization", "bearer " + token)]
            )
            #expect(me.status == 200)
            #expect(me.json["email"]?.string == "trader@example.com")
            #expect(me.json["trader_id"]?.int64 == world.traderID.raw)
        }
    }

    @Test("A wrong password and an unknown address are answered alike")
    func wrong() async throws {
        try await WebWorld.serving { world in
            let wrong = try await logIn(world, "trader@example.com", "guess")
            let unknown = try await logIn(world, "nobody@example.com", "guess")
            wrong.expectProblem(401, "wrong_login")
            #expect(unknown.status == wrong.status)
            #expect(unknown.text == wrong.text)
        }
    }

    @Test("After ten failures even the right password has to wait")
    func guesses() async throws {
        try await WebWorld.serving { world in
            for _ in 0..<10 {
                let answer = try await logIn(world, "trader@example.com", "guess")
                #expect(answer.status == 401)
            }
            let answer = try await logIn(world, "trader@example.com", WebWorld.password)
            answer.expectProblem(429, "too_many_logins")
            let wait = try #require(answer.header("retry-after").flatMap { Int($0) })
            #expect((1...301).contains(wait))
        }
    }

    @Test("Failures are noted with name and address, and the pause they lead to; no password ever")
    func failures() async throws {
        try await WebWorld.serving { world in
            for _ in 0..<10 { _ = try await logIn(world, "Trader@Example.com", "guess-of-it") }
            // Whoever has to wait is not noted again: that would fill the log.
            try await logIn(world, "trader@example.com", "guess-of-it")
                .expectProblem(429, "too_many_logins")
            _ = try await logIn(world, "nobody@example.com", "guess-of-it")
            _ = try await logIn(world, "a-password-in-the-wrong-field", "guess-of-it")
            #expect(try await logIn(world, "admin@example.com", WebWorld.password).status == 200)
            let failed = world.store.failedLogins
            #expect(failed.count == 12)
            let first = try #require(failed.first)
            #expect(first.cause == .login && first.name == "Trader@Example.com")
            #expect(first.user == world.trader.user && first.actor.user == nil)
            #expect(first.actor.address?.isEmpty == false)
            #expect(failed.prefix(9).allSatisfy { $0.locks.isEmpty })
            #expect(failed[9].locks.map(\.kind) == [.name] && failed[9].locks[0].failures == 10)
            #expect(failed[9].locks[0].pause == .seconds(30))
            #expect(failed[10].name == "nobody@example.com" && failed[10].user == nil)
            #expect(failed[11].name == nil)
            #expect(!"\(failed)".contains("guess-of-it"))
            #expect(!"\(failed)".contains("wrong-field"))
        }
    }

    @Test("A login needs both fields, as text")
    func fields() async throws {
        try await WebWorld.serving { world in
            let missing = try await world.ask("POST", "/api/v1/login", #"{"email":"a@b.c"}"#)
            missing.expectProblem(422, "invalid_fields", field: "password")
            let number = try await world.ask(
                "POST",
                "/api/v1/login",
                #"{"email":7,"password":"x"}"#
            )
            number.expectProblem(422, "invalid_fields", field: "email")
        }
    }

    @Test("An expired login is told as such")
    func expired() async throws {
        try await WebWorld.serving { world in
            let token = world.token(world.trader)
            let header = [(name: "Authorization", value: "Bearer " + token)]
            world.clock.advance(by: .seconds(3_600 - 1))
            #expect(try await world.ask("GET", "/api/v1/me", headers: header).status == 200)
            world.clock.advance(by: .seconds(1))
            let late = try await world.ask("GET", "/api/v1/me", headers: header)
            late.expectProblem(401, "login_expired")
            #expect(late.header("www-authenticate")?.contains("invalid_token") == true)
        }
    }

    @Test("Forged tokens, tokens without a signature and nonsense are refused")
    func forged() async throws {
        try await WebWorld.serving { world in
            let claims = Array(#"{"sub":"\#(world.admin.user)","exp":99999999999}"#.utf8)
            let body = Tokens.base64URL(claims)
            let none = Tokens.base64URL(Array(#"{"alg":"none"}"#.utf8))
            let good = world.token(world.trader).split(separator: ".").map(String.init)
            let forgeries = [
                JWTSigner(key: Array(repeating: 8, count: 32)).sign(claims),
                "\(none).\(body).", "\(none).\(body).\(good[2])",
                "\(good[0]).\(body).\(good[2])", "\(good[0]).\(good[1]).", "nonsense", "vk_guess",
                String(repeating: "a", count: 5_000),
                world.signer.sign(Array(#"{"sub":"4711","exp":99999999999}"#.utf8)),
                world.signer.sign(Array(#"{"sub":"x","exp":99999999999}"#.utf8)),
            ]
            for forgery in forgeries {
                let answer = try await world.ask(
                    "GET",
                    "/api/v1/me",
                    headers: [("Authorization", "Bearer " + forgery)]
                )
                answer.expectProblem(401, "not_logged_in")
            }
            try await world.ask("GET", "/api/v1/me").expectProblem(401, "not_logged_in")
        }
    }

    @Test("An API key is shown once, works until it is revoked, and only its owner revokes it")
    func apiKeys() async throws {
        try await WebWorld.serving { world in
            let made = try await world.ask(
                "POST",
                "/api/v1/api-keys",
                as: world.trader,
                #"{"name":"desk"}"#
            )
            #expect(made.status == 201)
            let secret = try #require(made.json["api_key"]?.string)
            let id = try #require(made.json["id"]?.int64)
            #expect(secret.hasPrefix("vk_"))
            let header = [(name: "X-API-Key", value: secret)]
            let me = try await world.ask("GET", "/api/v1/me", headers: header)
            #expect(me.json["email"]?.string == "trader@example.com")
            let list = try await world.ask("GET", "/api/v1/api-keys", headers: header)
            #expect(list.json["api_keys"]?[0]?["id"]?.int64 == id)
            #expect(!list.text.contains(secret))
            let stranger = try await world.ask(
                "DELETE",
                "/api/v1/api-keys/\(id)",
                as: world.other
            )
            stranger.expectProblem(404, "not_found")
            #expect(try await world.ask("GET", "/api/v1/me", headers: header).status == 200)
            let revoked = try await world.ask("DELETE", "/api/v1/api-keys/\(id)", as: world.trader)
            #expect(revoked.status == 204)
            try await world.ask("GET", "/api/v1/me", headers: header)
                .expectProblem(401, "not_logged_in")
        }
    }

    @Test("A key that is revoked here reads nothing more, though it has just been polled with")
    func revokedWhilePolling() async throws {
        try await WebWorld.serving { world in
            let (task, _) = try await world.plannedTrade(1)
            let path = "/api/v1/bulk-trades/\(task)"
            let made = try await world.ask(
                "POST",
                "/api/v1/api-keys",
                as: world.trader,
                #"{"name":"poller"}"#
            )
            let key = try #require(made.json["api_key"]?.string)
            let id = try #require(made.json["id"]?.int64)
            let header = [(name: "X-API-Key", value: key)]
            for _ in 0..<3 {
                #expect(try await world.ask("GET", path, headers: header).status == 200)
            }
            let revoked = try await world.ask("DELETE", "/api/v1/api-keys/\(id)", as: world.trader)
            #expect(revoked.status == 204)
            try await world.ask("GET", path, headers: header).expectProblem(401, "not_logged_in")
        }
    }

    @Test("A key that is revoked elsewhere does nothing more at once, whoever polled with it")
    func revokedElsewhere() async throws {
        try await WebWorld.serving { world in
            let (task, _) = try await world.plannedTrade(1)
            let made = try await world.ask(
                "POST",
                "/api/v1/api-keys",
                as: world.trader,
                #"{"name":"poller"}"#
            )
            let key = try #require(made.json["api_key"]?.string)
            let id = try #require(made.json["id"]?.int64)
            let header = [(name: "X-API-Key", value: key)]
            let path = "/api/v1/bulk-trades/\(task)"
            #expect(try await world.ask("GET", path, headers: header).status == 200)
            // As another process would: this one is not told.
            let actor = Actor(user: world.trader.user)
            #expect(try await world.store.revokeAPIKey(id, of: world.trader.user, by: actor))
            try await world.ask("POST", path + "/cancel", headers: header)
                .expectProblem(401, "not_logged_in")
            // Nor does it pass as somebody else.
            try await world.ask("GET", path, as: world.other).expectProblem(404, "not_found")
        }
    }
}
