import Desk
import DeskTesting
import HTTPClient
import JSON
import Testing
import Trading

@testable import Web

@Suite("Sessions asked for in the broker's own app", .timeLimit(.minutes(20)))
struct LoginRequestTests {
    private func serving(_ body: (LoginWorld) async throws -> Void) async throws {
        try await LoginWorld.serving(.upstox, body)
    }

    private func ask(_ world: LoginWorld) async throws -> WebAnswer {
        try await world.web.ask("POST", world.path + "/login-request", as: world.web.trader)
    }

    /// What comes to the notifier, from anybody.
    private func notify(_ world: LoginWorld, _ message: String) async throws -> WebAnswer {
        try await world.web.ask("POST", "/broker-logins/upstox/notify", message)
    }

    /// The account's number at the broker, with a token that is its own there.
    private func own(_ token: String, _ world: LoginWorld) -> String {
        let number = world.account.brokerClientID
        world.web.requests.set { $0.owners[token] = number }
        return number
    }

    @Test("A client is asked by the own app, and what is granted is stored until its end")
    func whole() async throws {
        try await serving { world in
            let kept = try await world.web.ask(
                "PUT",
                world.path + "/app",
                as: world.web.trader,
                #"{"api_key":"own-app","api_secret":"own-secret"}"#
            )
            #expect(kept.status == 200 && !kept.text.contains("own-secret"))
            #expect(kept.json["notifier_url"]?.string == ScriptedRequests.notifier)
            let asked = try await ask(world)
            #expect(asked.status == 200 && asked.json["expires_at"]?.string != nil)
            let app = LoginOwnApp(key: "own-app", secret: Secret("own-secret"))
            #expect(world.web.requests.now.asked == [app])
            let number = own("granted", world)
            let taken = try await notify(world, "own-app \(number) granted")
            #expect(taken.status == 200 && taken.json["status"]?.string == "taken")
            #expect(!taken.text.contains(number) && !taken.text.contains("granted"))
            #expect(try await world.token() == "granted")
        }
    }

    @Test("Without an own app the usual one asks; twice in a minute nobody is asked")
    func twice() async throws {
        try await serving { world in
            #expect(try await ask(world).status == 200)
            #expect(world.web.requests.now.asked.map(\.key) == ["usual"])
            try await ask(world).expectProblem(409, "asked_before")
            #expect(world.web.requests.now.asked.count == 1)
            world.web.clock.advance(by: .seconds(61))
            #expect(try await ask(world).status == 200)
        }
    }

    @Test("A token counts once, and a request too: whatever is sent again changes nothing")
    func replays() async throws {
        try await serving { world in
            _ = try await ask(world)
            let number = own("first", world)
            let message = "usual \(number) first"
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask { try await notify(world, message).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.sorted() == [200, 409, 409, 409, 409, 409])
            #expect(world.web.store.count(of: "connect") == 1)
            // Another token, though it is the client's own: nothing was asked for.
            _ = own("second", world)
            try await notify(world, "usual \(number) second").expectProblem(409, "not_asked_for")
            // An old one, once more, while the client is asked anew.
            world.web.clock.advance(by: .seconds(61))
            _ = try await ask(world)
            try await notify(world, message).expectProblem(409, "not_asked_for")
            #expect(try await notify(world, "usual \(number) second").status == 200)
            #expect(try await world.token() == "second")
        }
    }

    @Test("What answers no request of ours is dropped, and the broker not even asked")
    func strangers() async throws {
        try await serving { world in
            let number = own("good", world)
            try await notify(world, "usual \(number) good").expectProblem(409, "not_asked_for")
            _ = try await ask(world)
            for message in [
                "", "nonsense", "{}", "usual \(number)", "other-app \(number) good",
                "usual ZZ9999 good", "usual \(number) good more",
                String(repeating: "x", count: 9_000),
            ] {
                try await notify(world, message).expectProblem(409, "not_asked_for")
            }
            #expect(try await notify(world, String(repeating: "x", count: 20_000)).status == 413)
            #expect(world.web.requests.now.looks == 0)
            #expect(try await world.token() == nil)
            // The request is as good as ever.
            #expect(try await notify(world, "usual \(number) good").status == 200)
        }
    }

    @Test("A token of another client, or of nobody, is not kept and uses nothing up")
    func otherTokens() async throws {
        try await serving { world in
            _ = try await ask(world)
            let number = own("good", world)
            world.web.requests.set { $0.owners["stolen"] = "ZZ9999" }
            for token in ["stolen", "invented"] {
                let answer = try await notify(world, "usual \(number) \(token)")
                answer.expectProblem(409, "not_asked_for")
                #expect(!answer.text.contains(token) && !answer.text.contains("Invalid"))
            }
            #expect(try await world.token() == nil)
            world.web.requests.set { $0.failure = .unanswered("HTTP 500") }
            try await notify(world, "usual \(number) good").expectProblem(502, "broker_unanswered")
            world.web.requests.set { $0.failure = nil }
            #expect(try await notify(world, "usual \(number) good").status == 200)
        }
    }

    @Test(
        "A stranger with app and number delays no grant, and has no token asked about twice"
    )
    func guesses() async throws {
        try await serving { world in
            _ = try await ask(world)
            let number = own("good", world)
            for guess in 0..<60 {
                // Half of them more than once, one after the other and at the same moment.
                let message = "usual \(number) guess-\(guess / 2)"
                async let first = notify(world, message).status
                async let second = notify(world, message).status
                #expect(try await (first, second) == (409, 409))
            }
            let looks = world.web.requests.now.looks
            #expect((30...60).contains(looks))
            #expect(try await notify(world, "usual \(number) guess-7").status == 409)
            #expect(world.web.requests.now.looks == looks)
            #expect(try await notify(world, "usual \(number) good").status == 200)
            #expect(try await world.token() == "good")
        }
    }

    @Test("A token of which the broker said nothing is asked about again")
    func unanswered() async throws {
        try await serving { world in
            _ = try await ask(world)
            let number = own("good", world)
            world.web.requests.set { $0.failure = .unanswered("HTTP 500") }
            for _ in 0..<20 {
                try await notify(world, "usual \(number) good")
                    .expectProblem(502, "broker_unanswered")
            }
            world.web.requests.set { $0.failure = nil }
            #expect(try await notify(world, "usual \(number) good").status == 200)
        }
    }

    @Test("A request ends with the night, and at once with a disconnection or the archive")
    func ends() async throws {
        try await serving { world in
            let number = own("good", world)
            let message = "usual \(number) good"
            _ = try await ask(world)
            world.web.clock.advance(by: .seconds(86_400))
            try await notify(world, message).expectProblem(409, "not_asked_for")
            _ = try await ask(world)
            let gone = try await world.web.ask("DELETE", world.path, as: world.web.trader)
            #expect(gone.status == 204)
            try await notify(world, message).expectProblem(409, "not_asked_for")
            world.web.clock.advance(by: .seconds(61))
            _ = try await ask(world)
            let client = "/api/v1/clients/\(world.client)"
            #expect(try await world.web.ask("DELETE", client, as: world.web.trader).status == 204)
            try await notify(world, message).expectProblem(409, "not_asked_for")
            try await ask(world).expectProblem(409, "client_archived")
            #expect(world.web.requests.now.looks == 0)
        }
    }

    @Test("What the broker refuses is withdrawn; what it does not answer may have been asked")
    func refusals() async throws {
        try await serving { world in
            let elsewhere = LoginFailure.sentElsewhere(to: "https://x", not: "https://y")
            for (failure, status, code, isOpen) in [
                (elsewhere, 409, "notifier_elsewhere", false),
                (.refused(words: "no such app"), 409, "login_refused", false),
                (.unanswered("HTTP 500"), 502, "broker_unanswered", true),
            ] as [(LoginFailure, Int, String, Bool)] {
                world.web.requests.set { $0.refusal = failure }
                try await ask(world).expectProblem(status, code)
                let number = own(code, world)
                let answer = try await notify(world, "usual \(number) \(code)")
                #expect((answer.status == 200) == isOpen, "\(code): \(answer.text)")
            }
        }
    }

    @Test("Only an admin, the client's own trader and the client itself can have a client asked")
    func roles() async throws {
        try await serving { world in
            let client = world.web.clientUser(world.client)
            let body = #"{"api_key":"k","api_secret":"s"}"#
            for (method, what, body) in [("PUT", "/app", body), ("POST", "/login-request", nil)] {
                let path = world.path + what
                try await world.web.ask(method, path, body).expectProblem(401, "not_logged_in")
                try await world.web.ask(method, path, as: world.web.other, body)
                    .expectProblem(404, "not_found")
                #expect(try await world.web.ask(method, path, as: client, body).status == 200)
            }
        }
    }

    @Test("Only brokers that ask in an app of their own take requests, and only good apps are kept")
    func otherBrokers() async throws {
        for broker in [BrokerName.zerodha, .dhan, .groww] {
            try await LoginWorld.serving(broker) { world in
                try await ask(world).expectProblem(409, "not_offered")
                if broker == .dhan {
                    let body = #"{"api_key":"k","api_secret":"s"}"#
                    try await world.web.ask("PUT", world.path + "/app", as: world.web.trader, body)
                        .expectProblem(409, "not_offered")
                }
                let path = "/broker-logins/\(broker.rawValue)/notify"
                #expect(try await world.web.ask("POST", path, "usual 1 t").status == 404)
            }
        }
        try await serving { world in
            for body in ["{}", #"{"api_key":"k"}"#, #"{"api_key":"two words","api_secret":"s"}"#] {
                let answer = try await world.web.ask(
                    "PUT",
                    world.path + "/app",
                    as: world.web.trader,
                    body
                )
                #expect(answer.status == 422, "\(body): \(answer.text)")
            }
            #expect(world.web.store.count(of: "keepApp") == 0)
        }
    }
}

@Suite("Log-out at brokers", .timeLimit(.minutes(20)))
struct BrokerLogOutTests {
    private func logOut(_ web: WebWorld, _ path: String, as identity: Identity? = nil) async throws
        -> WebAnswer
    {
        try await web.ask(
            "POST",
            path + "/logout",
            as: identity ?? web.trader,
            #"{"reason":"phone lost"}"#
        )
    }

    /// An account at Dhan with a good session.
    private func account(_ web: WebWorld) async throws -> (BrokerAccount, path: String) {
        let client = web.store.addClient("A", of: web.traderID, broker: .dhan)
        let account = try #require(try await web.store.client(client)?.accounts.first)
        return (account, "/api/v1/clients/\(client)/broker-accounts/\(account.id)")
    }

    @Test("A session is ended at the broker, written down before and after, and forgotten")
    func whole() async throws {
        try await WebWorld.serving { web in
            let (account, path) = try await account(web)
            let done = try await logOut(web, path)
            #expect(done.status == 200 && done.json["at_broker"]?.string == "ended")
            #expect(web.services.now.ends == 1)
            #expect(try await web.store.session(account.id) == nil)
            let noted = web.store.brokerActions.map(\.action)
            #expect(noted.map(\.kind) == [.logOut, .logOut])
            #expect(noted.map(\.stage) == [.begun, .done])
            #expect(noted.allSatisfy { $0.reason == "phone lost" })
            // The client's orders go there still, once somebody has logged in.
            let stored = try await web.store.client(account.client)?.accounts.first
            #expect(stored?.status == .expired)
            let again = try await logOut(web, path)
            #expect(again.json["at_broker"]?.string == "was_over" && web.services.now.ends == 1)
        }
    }

    @Test("Where the broker has no call the token is forgotten, and is said to live on")
    func notOffered() async throws {
        try await WebWorld.serving { web in
            web.broker.set { [web] in
                var services = web.services.services
                services.sessionEnd = nil
                $0.services = services
            }
            let (account, path) = try await account(web)
            let done = try await logOut(web, path)
            #expect(done.json["at_broker"]?.string == "not_offered")
            #expect(done.json["meaning"]?.string?.contains("lives at the broker") == true)
            #expect(try await web.store.session(account.id) == nil)
        }
    }

    @Test("Where the broker does not answer the token is kept, so that it can be asked again")
    func unanswered() async throws {
        try await WebWorld.serving { web in
            let (account, path) = try await account(web)
            web.services.set { $0.failure = .unreachable("HTTP 500") }
            try await logOut(web, path).expectProblem(502, "broker_unanswered")
            #expect(try await web.store.session(account.id) != nil)
            web.services.set { $0.failure = .sessionEnded("over") }
            #expect(try await logOut(web, path).json["at_broker"]?.string == "was_over")
            #expect(try await web.store.session(account.id) == nil)
        }
    }

    @Test("A reason is needed, and clients and strangers log nobody out")
    func rights() async throws {
        try await WebWorld.serving { web in
            let (account, path) = try await account(web)
            let bare = try await web.ask("POST", path + "/logout", as: web.trader, "{}")
            #expect(bare.status == 422)
            #expect(try await logOut(web, path, as: web.other).status == 404)
            let client = web.clientUser(account.client)
            #expect(try await logOut(web, path, as: client).status == 403)
            #expect(try await web.store.session(account.id) != nil)
        }
    }
}
