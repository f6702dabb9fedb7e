import Desk
import DeskTesting
import JSON
import Secrets
import Testing
import Trading

@Suite("Logins that end", .timeLimit(.minutes(5)))
struct SessionTests {
    private func logIn(
        _ world: WebWorld,
        _ password: String = WebWorld.password,
        _ more: String = ""
    ) async throws -> WebAnswer {
        try await world.ask(
            "POST",
            "/api/v1/login",
            #"{"email":"trader@example.com","password":"\#(password)"\#(more)}"#
        )
    }

    private func header(_ answer: WebAnswer) throws -> [(name: String, value: String)] {
        [("Authorization", "Bearer " + (try #require(answer.json["access_token"]?.string)))]
    }

    private func status(_ world: WebWorld, _ header: [(name: String, value: String)])
        async throws -> Int
    {
        try await world.ask("GET", "/api/v1/me", headers: header).status
    }

    @Test("A refresh token gives a new login's token once; shown again it ends the login")
    func refresh() async throws {
        try await WebWorld.serving { world in
            let first = try await logIn(world)
            let old = try #require(first.json["refresh_token"]?.string)
            world.clock.advance(by: .seconds(3_600))
            #expect(try await status(world, header(first)) == 401)
            func refresh(_ token: String) async throws -> WebAnswer {
                try await world.ask(
                    "POST",
                    "/api/v1/login/refresh",
                    #"{"refresh_token":"\#(token)"}"#
                )
            }
            let second = try await refresh(old)
            #expect(second.status == 200, "\(second.text)")
            #expect(second.json["session_id"]?.int64 == first.json["session_id"]?.int64)
            #expect(try await status(world, header(second)) == 200)
            try await refresh(old).expectProblem(401, "session_copied")
            #expect(try await status(world, header(second)) == 401)
            let next = try #require(second.json["refresh_token"]?.string)
            try await refresh(next).expectProblem(401, "not_logged_in")
            try await refresh("vr_guess").expectProblem(401, "not_logged_in")
        }
    }

    @Test("However often it is refreshed, a login ends after twelve hours")
    func end() async throws {
        try await WebWorld.serving { world in
            var answer = try await logIn(world)
            for _ in 0..<12 {
                world.clock.advance(by: .seconds(3_590))
                let token = try #require(answer.json["refresh_token"]?.string)
                answer = try await world.ask(
                    "POST",
                    "/api/v1/login/refresh",
                    #"{"refresh_token":"\#(token)"}"#
                )
                #expect(answer.status == 200)
            }
            #expect(try await status(world, header(answer)) == 200)
            world.clock.advance(by: .seconds(130))
            #expect(try await status(world, header(answer)) == 401)
        }
    }

    @Test("One's own logins are listed and ended, one or all; nobody else's are")
    func ending() async throws {
        try await WebWorld.serving { world in
            let logins = [
                try await logIn(world), try await logIn(world), try await logIn(world),
            ]
            let mine = try header(logins[0])
            let list = try await world.ask("GET", "/api/v1/sessions", headers: mine)
            let ids = list.json["sessions"]?.array?.compactMap { $0["id"]?.int64 } ?? []
            #expect(ids == logins.reversed().compactMap { $0.json["session_id"]?.int64 })
            #expect(list.json["sessions"]?[2]?["is_current"]?.bool == true)
            let path = "/api/v1/sessions/\(ids[0])"
            try await world.ask("DELETE", path, as: world.other).expectProblem(404, "not_found")
            #expect(try await status(world, header(logins[2])) == 200)
            #expect(try await world.ask("DELETE", path, headers: mine).status == 204)
            #expect(try await status(world, header(logins[2])) == 401)
            try await world.ask("DELETE", path, headers: mine).expectProblem(404, "not_found")
            let kept = try await world.ask(
                "DELETE",
                "/api/v1/sessions?keep_current=true",
                headers: mine
            )
            #expect(kept.json["ended"]?.int64 == 1)
            #expect(try await status(world, mine) == 200)
            #expect(try await status(world, header(logins[1])) == 401)
            #expect(try await world.ask("POST", "/api/v1/logout", headers: mine).status == 204)
            #expect(try await status(world, mine) == 401)
        }
    }

    @Test("A new password needs the old one, and ends all other logins")
    func password() async throws {
        try await WebWorld.serving { world in
            let mine = try header(try await logIn(world))
            let other = try header(try await logIn(world))
            func change(_ old: String, _ new: String) async throws -> WebAnswer {
                try await world.ask(
                    "POST",
                    "/api/v1/password",
                    #"{"password":"\#(old)","new_password":"\#(new)"}"#,
                    headers: mine
                )
            }
            try await change("wrong", "a new long password").expectProblem(403, "wrong_password")
            try await change(WebWorld.password, "short")
                .expectProblem(422, "invalid_fields", field: "new_password")
            #expect(try await status(world, other) == 200)
            let changed = try await change(WebWorld.password, "a new long password")
            #expect(changed.status == 204, "\(changed.text)")
            #expect(try await status(world, mine) == 200)
            #expect(try await status(world, other) == 401)
            try await logIn(world).expectProblem(401, "wrong_login")
            #expect(try await logIn(world, "a new long password").status == 200)
        }
    }

    @Test("Guesses at the password of a login that was stolen are slowed down as well")
    func guesses() async throws {
        try await WebWorld.serving { world in
            let mine = try header(try await logIn(world))
            for number in 0..<11 {
                let answer = try await world.ask(
                    "POST",
                    "/api/v1/password",
                    #"{"password":"guess","new_password":"a new long password"}"#,
                    headers: mine
                )
                #expect(answer.status == (number < 10 ? 403 : 429))
            }
        }
    }

    @Test("The pause grows with each failure after it")
    func pauses() async throws {
        try await WebWorld.serving { world in
            for _ in 0..<10 { _ = try await logIn(world, "guess") }
            for seconds in [30, 60, 120] {
                let answer = try await logIn(world)
                answer.expectProblem(429, "too_many_logins")
                #expect(answer.header("retry-after") == "\(seconds + 1)")
                world.clock.advance(by: .seconds(seconds))
                #expect(try await logIn(world, "guess").status == 401)
            }
            world.clock.advance(by: .seconds(240))
            #expect(try await logIn(world).status == 200)
            #expect(try await logIn(world, "guess").status == 401)
        }
    }

    // MARK: Second factors

    private func setUp(_ world: WebWorld, _ header: [(name: String, value: String)])
        async throws -> (codes: OneTimeCodes, recovery: [String])
    {
        let made = try await world.ask(
            "POST",
            "/api/v1/second-factor",
            #"{"password":"\#(WebWorld.password)"}"#,
            headers: header
        )
        #expect(made.status == 200, "\(made.text)")
        let secret = try #require(made.json["secret"]?.string)
        #expect(made.json["uri"]?.string?.contains("secret=\(secret)&") == true)
        let stored = try await world.store.secondFactor(of: world.trader.user)
        let key = try #require(stored.flatMap { Tokens.fromBase64URL($0.secret.reveal()) })
        #expect(Base32.text(key) == secret)
        let codes = OneTimeCodes(key: key)
        // Until it is confirmed, logins go on without it.
        #expect(try await logIn(world).status == 200)
        let wrong = try await world.ask(
            "POST",
            "/api/v1/second-factor/confirm",
            #"{"code":"\#(code(world, codes, 5))"}"#,
            headers: header
        )
        wrong.expectProblem(403, "wrong_code")
        let confirmed = try await world.ask(
            "POST",
            "/api/v1/second-factor/confirm",
            #"{"code":"\#(code(world, codes))"}"#,
            headers: header
        )
        #expect(confirmed.status == 200, "\(confirmed.text)")
        let recovery = confirmed.json["recovery_codes"]?.array?.compactMap(\.string) ?? []
        #expect(recovery.count == 10)
        return (codes, recovery)
    }

    private func code(_ world: WebWorld, _ codes: OneTimeCodes, _ offset: Int64 = 0) -> String {
        codes.code(OneTimeCodes.step(at: world.clock.now().microseconds / 1_000_000) + offset)
    }

    @Test("With a second factor a login wants a code too, each once; a recovery code does, once")
    func secondFactor() async throws {
        try await WebWorld.serving { world in
            let mine = try header(try await logIn(world))
            let (codes, recovery) = try await setUp(world, mine)
            try await logIn(world).expectProblem(401, "second_factor_required")
            // The code that confirmed it is used up.
            try await logIn(world, more: code(world, codes)).expectProblem(401, "wrong_code")
            world.clock.advance(by: .seconds(30))
            let good = code(world, codes)
            #expect(try await logIn(world, more: good).status == 200)
            try await logIn(world, more: good).expectProblem(401, "wrong_code")
            try await logIn(world, more: code(world, codes, -1)).expectProblem(401, "wrong_code")
            let me = try await world.ask("GET", "/api/v1/me", headers: mine)
            #expect(me.json["has_second_factor"]?.bool == true)
            // As people type it from paper.
            let spelled = recovery[0].prefix(4).lowercased() + "-" + recovery[0].dropFirst(4)
            let more = #","recovery_code":"\#(spelled)""#
            #expect(try await logIn(world, WebWorld.password, more).status == 200)
            try await logIn(world, WebWorld.password, more).expectProblem(401, "wrong_code")
        }
    }

    private func logIn(_ world: WebWorld, more code: String) async throws -> WebAnswer {
        try await logIn(world, WebWorld.password, #","code":"\#(code)""#)
    }

    @Test("Guesses at the code are slowed down, though the password is right each time")
    func codeGuesses() async throws {
        try await WebWorld.serving { world in
            let (codes, _) = try await setUp(world, header(try await logIn(world)))
            world.clock.advance(by: .seconds(30))
            let right = code(world, codes)
            let wrong = right == "000000" ? "000001" : "000000"
            for _ in 0..<9 {
                try await logIn(world, more: wrong).expectProblem(401, "wrong_code")
                // Asking without a code forgives nothing.
                try await logIn(world).expectProblem(401, "second_factor_required")
            }
            try await logIn(world, more: wrong).expectProblem(401, "wrong_code")
            try await logIn(world, more: right).expectProblem(429, "too_many_logins")
        }
    }

    @Test("A second factor goes away with password and code, and with nothing less")
    func removal() async throws {
        try await WebWorld.serving { world in
            let mine = try header(try await logIn(world))
            let (codes, _) = try await setUp(world, mine)
            world.clock.advance(by: .seconds(30))
            func remove(_ password: String, _ more: String) async throws -> WebAnswer {
                try await world.ask(
                    "DELETE",
                    "/api/v1/second-factor",
                    #"{"password":"\#(password)"\#(more)}"#,
                    headers: mine
                )
            }
            let code = #","code":"\#(code(world, codes))""#
            try await remove("wrong", code).expectProblem(403, "wrong_password")
            try await remove(WebWorld.password, "").expectProblem(401, "second_factor_required")
            #expect(try await remove(WebWorld.password, code).status == 204)
            #expect(try await logIn(world).status == 200)
        }
    }

    @Test(
        "Another's lost second factor is reset by an admin who proves to be one; logins of it end"
    )
    func reset() async throws {
        try await WebWorld.serving { world in
            let mine = try header(try await logIn(world))
            _ = try await setUp(world, mine)
            let path = "/api/v1/users/\(world.trader.user)/second-factor"
            let body = { (password: String, reason: String) in
                #"{"password":"\#(password)"\#(reason)}"#
            }
            let why = #","reason":"lost the phone""#
            try await world.ask("DELETE", path, as: world.trader, body(WebWorld.password, why))
                .expectProblem(403, "not_allowed")
            try await world.ask("DELETE", path, as: world.admin, body(WebWorld.password, ""))
                .expectProblem(422, "invalid_fields", field: "reason")
            try await world.ask("DELETE", path, as: world.admin, body("guess", why))
                .expectProblem(403, "wrong_password")
            #expect(world.store.failedLogins.last?.cause == .password)
            #expect(world.store.failedLogins.last?.actor.user == world.admin.user)
            try await world.ask(
                "DELETE",
                "/api/v1/users/\(world.admin.user)/second-factor",
                as: world.admin,
                body(WebWorld.password, why)
            ).expectProblem(409, "own_second_factor")
            try await world.ask(
                "DELETE",
                "/api/v1/users/999999/second-factor",
                as: world.admin,
                body(WebWorld.password, why)
            ).expectProblem(404, "not_found")
            #expect(try await world.store.secondFactor(of: world.trader.user) != nil)

            // An admin with a second factor shows a code of it, too.
            let key = OneTimeCodes.newKey()
            let secret = Secret(Tokens.base64URL(key))
            let actor = Actor(user: nil)
            _ = try await world.store.setUpSecondFactor(secret, of: world.admin.user, by: actor)
            _ = try await world.store.confirmSecondFactor(
                of: world.admin.user,
                step: 0,
                recovery: [],
                by: actor
            )
            try await world.ask("DELETE", path, as: world.admin, body(WebWorld.password, why))
                .expectProblem(401, "second_factor_required")
            let code = #","code":"\#(code(world, OneTimeCodes(key: key)))""#
            let done = try await world.ask(
                "DELETE",
                path,
                as: world.admin,
                body(WebWorld.password, why + code)
            )
            #expect(done.status == 200, "\(done.text)")
            #expect((done.json["ended"]?.int64 ?? 0) >= 1)
            #expect(try await world.store.secondFactor(of: world.trader.user) == nil)
            #expect(try await status(world, mine) == 401)
            #expect(try await logIn(world).status == 200)
            world.clock.advance(by: .seconds(30))
            let again = #","code":"\#(self.code(world, OneTimeCodes(key: key)))""#
            try await world.ask(
                "DELETE",
                path,
                as: world.admin,
                body(WebWorld.password, why + again)
            ).expectProblem(409, "no_second_factor")
        }
    }

    @Test("An admin sees and ends the logins of others; nobody else does")
    func others() async throws {
        try await WebWorld.serving { world in
            let first = try await logIn(world)
            let second = try await logIn(world)
            let path = "/api/v1/users/\(world.trader.user)/sessions"
            for caller in [world.trader, world.other] {
                try await world.ask("GET", path, as: caller).expectProblem(403, "not_allowed")
                try await world.ask("DELETE", path, as: caller).expectProblem(403, "not_allowed")
            }
            let list = try await world.ask("GET", path, as: world.admin)
            let ids = try #require(list.json["sessions"]?.array, "\(list.text)")
                .compactMap { $0["id"]?.int64 }
            let one = try #require(first.json["session_id"]?.int64)
            let two = try #require(second.json["session_id"]?.int64)
            #expect(ids.contains(one) && ids.contains(two))
            #expect(try await world.ask("DELETE", path + "/\(one)", as: world.admin).status == 204)
            #expect(try await status(world, header(first)) == 401)
            #expect(try await status(world, header(second)) == 200)
            try await world.ask("DELETE", path + "/\(one)", as: world.admin)
                .expectProblem(404, "not_found")
            // Not by the number of somebody else.
            try await world.ask(
                "DELETE",
                "/api/v1/users/\(world.other.user)/sessions/\(two)",
                as: world.admin
            ).expectProblem(404, "not_found")
            let all = try await world.ask("DELETE", path, as: world.admin)
            #expect((all.json["ended"]?.int64 ?? 0) >= 1)
            #expect(try await status(world, header(second)) == 401)
            try await world.ask("GET", "/api/v1/users/999999/sessions", as: world.admin)
                .expectProblem(404, "not_found")
        }
    }

    @Test("Where it is required, whoever has none can set one up, and do nothing else")
    func required() async throws {
        try await WebWorld.serving(requiresSecondFactor: true) { world in
            let answer = try await logIn(world)
            #expect(answer.json["must_set_up_second_factor"]?.bool == true)
            let mine = try header(answer)
            try await world.ask("GET", "/api/v1/clients", headers: mine)
                .expectProblem(403, "second_factor_missing")
            #expect(try await status(world, mine) == 200)
            _ = try await setUp(world, mine)
            #expect(try await world.ask("GET", "/api/v1/clients", headers: mine).status == 200)
            let client = world.store.addClient("A", of: world.traderID)
            let path = "/api/v1/clients/\(client)"
            let user = world.clientUser(client)
            #expect(try await world.ask("GET", path, as: user).status == 200)
        }
    }
}
