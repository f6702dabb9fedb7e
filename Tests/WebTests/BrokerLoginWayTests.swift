import Desk
import DeskTesting
import JSON
import Testing
import Trading

@testable import Web

@Suite("Ways to log in at brokers", .timeLimit(.minutes(20)))
struct BrokerLoginWayTests {
    @Test("Where the page gives no state back, the broker's own word of whose login it is decides")
    func stateless() async throws {
        try await LoginWorld.serving(.dhan) { world in
            // Nobody has a link: the broker is not even asked.
            world.hasReady("early")
            #expect(try await world.comeBack("tokenId=a").status == 410)
            #expect(world.login.asked.isEmpty)
            _ = try await world.link()
            #expect(try await world.comeBack("tokenId=b").status == 200)
            #expect(try await world.token() == "early")
            // The link is used up.
            world.hasReady("second")
            #expect(try await world.comeBack("tokenId=c").status == 410)
            #expect(try await world.token() == "early")
        }
    }

    @Test("A login of somebody who has no link is not kept, though others have one")
    func statelessStranger() async throws {
        try await LoginWorld.serving(.dhan) { world in
            let other = world.web.store.addClient("B", of: world.web.traderID, broker: .dhan)
            _ = try await world.link()
            world.hasReady("of-b", of: "DB")
            #expect(try await world.comeBack("tokenId=b").status == 410)
            let account = try #require(try await world.web.store.client(other)?.accounts.first)
            #expect(try await world.web.store.session(account.id)?.token == Secret("token-of-B"))
            #expect(try await world.token() == nil)
            // A state that is there must be right, though none is needed.
            #expect(try await world.comeBack("tokenId=b&state=x").status == 400)
            world.web.clock.advance(by: .seconds(901))
            let before = world.login.asked.count
            #expect(try await world.comeBack("tokenId=b").status == 410)
            #expect(world.login.asked.count == before)
        }
    }

    @Test("Strangers cannot have the broker asked again and again")
    func strangers() async throws {
        try await LoginWorld.serving(.dhan) { world in
            _ = try await world.link()
            for number in 0..<100 {
                #expect(try await world.comeBack("tokenId=guess-\(number)").status == 409)
            }
            world.hasReady("late")
            #expect(try await world.comeBack("tokenId=a").status == 429)
            #expect(world.login.asked.count == 100)
        }
    }

    @Test("A code logs a client in at a broker without a page")
    func code() async throws {
        try await LoginWorld.serving(.groww) { world in
            let path = world.path + "/login"
            world.hasReady("by-code")
            let body = #"{"code":"123456","api_key":"own-key"}"#
            let done = try await world.web.ask("POST", path, as: world.web.trader, body)
            #expect(done.status == 200 && done.json["status"]?.string == "connected")
            #expect(!done.text.contains("by-code") && !done.text.contains("own-key"))
            #expect(try await world.token() == "by-code")
            guard case .code(Secret("123456"), Secret("own-key")) = world.login.asked.first else {
                Issue.record("\(world.login.asked)")
                return
            }
            world.hasReady("approved")
            let approved = #"{"approved":true,"api_key":"k","api_secret":"s"}"#
            #expect(
                try await world.web.ask("POST", path, as: world.web.trader, approved).status == 200
            )
            world.hasReady("stranger", of: "ZZ9999")
            try await world.web.ask("POST", path, as: world.web.trader, body)
                .expectProblem(409, "other_client")
            world.login.add(.failure(.refused(words: "Invalid TOTP")))
            let refused = try await world.web.ask("POST", path, as: world.web.trader, body)
            refused.expectProblem(409, "login_refused")
            #expect(!refused.text.contains("123456"))
            world.login.add(.failure(.unanswered("HTTP 500")))
            try await world.web.ask("POST", path, as: world.web.trader, body)
                .expectProblem(502, "broker_unanswered")
            #expect(try await world.token() == "approved")
        }
    }

    @Test("A PIN with a code logs a client in where the broker takes that beside its page")
    func pin() async throws {
        try await LoginWorld.serving(.dhan) { world in
            let path = world.path + "/login"
            let ask = { (body: String) async throws -> WebAnswer in
                try await world.web.ask("POST", path, as: world.web.trader, body)
            }
            world.hasReady("by-pin")
            let done = try await ask(#"{"code":"123456","pin":"271828"}"#)
            #expect(done.status == 200 && done.json["status"]?.string == "connected")
            #expect(!done.text.contains("271828") && !done.text.contains("by-pin"))
            #expect(try await world.token() == "by-pin")
            guard
                case .pin(Secret("271828"), Secret("123456"), "DA") = world.login.asked.first
            else {
                Issue.record("\(world.login.asked)")
                return
            }
            world.login.add(.failure(.refused(words: "Invalid Pin")))
            let refused = try await ask(#"{"code":"123456","pin":"314159"}"#)
            refused.expectProblem(409, "login_refused")
            #expect(!refused.text.contains("314159"))
            try await ask(#"{"code":"123456"}"#).expectProblem(409, "login_by_link")
            for body in [
                #"{"code":"1","pin":"2","api_key":"k"}"#, #"{"approved":true,"pin":"2"}"#,
            ] {
                let answer = try await ask(body)
                #expect(answer.status == 422 && answer.text.contains(#""pin""#), "\(answer.text)")
            }
            #expect(try await world.token() == "by-pin" && world.login.asked.count == 2)
        }
        for broker in [BrokerName.groww, .zerodha] {
            try await LoginWorld.serving(broker) { world in
                try await world.web.ask(
                    "POST",
                    world.path + "/login",
                    as: world.web.trader,
                    #"{"code":"1","pin":"2"}"#
                )
                .expectProblem(409, broker == .groww ? "login_wrong_way" : "login_by_link")
                #expect(world.login.asked.isEmpty)
            }
        }
    }

    @Test("A token that was brought is renewed when somebody asks, and no other one")
    func renewal() async throws {
        try await LoginWorld.serving(.dhan) { world in
            let renew = { () async throws -> WebAnswer in
                try await world.web.ask(
                    "POST",
                    world.path + "/renew-session",
                    as: world.web.trader
                )
            }
            // The session is over: there is nothing to renew.
            try await renew().expectProblem(409, "not_renewable")
            let store = world.web.store
            func bring(isLogin: Bool) async throws {
                let draft = AccountDraft(
                    client: world.client,
                    broker: .dhan,
                    brokerClientID: world.account.brokerClientID,
                    token: Secret("brought"),
                    sessionEnds: nil,
                    egress: nil,
                    isLogin: isLogin
                )
                _ = try await store.connect(draft, by: Actor(user: nil))
            }
            try await bring(isLogin: true)
            try await renew().expectProblem(409, "not_renewable")
            try await bring(isLogin: false)
            world.web.services.set { $0.failure = .unreachable("HTTP 502") }
            try await renew().expectProblem(502, "broker_unanswered")
            world.web.services.set { $0.failure = .refused(code: "DH-905", words: "no") }
            try await renew().expectProblem(409, "renewal_refused")
            world.web.services.set { $0.failure = nil }
            try await renew().expectProblem(409, "not_renewable")
            try await bring(isLogin: false)
            let done = try await renew()
            #expect(done.status == 200 && done.json["session_ends"]?.string != nil)
            #expect(!done.text.contains("renewed"))
            #expect(try await world.token() == "renewed")
        }
    }

    @Test(
        "A body that says no login is refused by field",
        arguments: [
            ("{}", "code"), (#"{"code":""}"#, "code"), (#"{"code":123456}"#, "code"),
            (#"{"approved":"yes"}"#, "approved"), (#"{"approved":true,"code":"1"}"#, "code"),
            (#"{"code":"1","api_secret":"s"}"#, "api_secret"),
            (#"{"code":"1","totp":"2"}"#, "totp"),
        ]
    )
    func bodies(_ body: String, _ field: String) async throws {
        try await LoginWorld.serving(.groww) { world in
            let answer = try await world.web.ask(
                "POST",
                world.path + "/login",
                as: world.web.trader,
                body
            )
            #expect(answer.status == 422 && answer.json["code"]?.string == "invalid_fields")
            let fields = answer.json["errors"]?.array?.compactMap { $0["field"]?.string } ?? []
            #expect(fields.contains(field), "\(answer.text)")
            #expect(world.login.asked.isEmpty)
        }
    }

    @Test("The wrong way to log in names the right one; a missing setting is named")
    func wrongWays() async throws {
        try await LoginWorld.serving(.groww) { world in
            try await world.web.ask("POST", world.path + "/login-link", as: world.web.trader)
                .expectProblem(409, "login_by_code")
            #expect(try await world.comeBack("code=x").status == 404)
        }
        try await LoginWorld.serving { world in
            try await world.web.ask(
                "POST",
                world.path + "/login",
                as: world.web.trader,
                #"{"code":"1"}"#
            ).expectProblem(409, "login_by_link")
        }
        try await LoginWorld.serving(.upstox) { world in
            let answer = try await world.web.ask(
                "POST",
                world.path + "/login-link",
                as: world.web.trader
            )
            answer.expectProblem(409, "login_not_configured")
            #expect(answer.json["detail"]?.string?.contains("VOLLEY_UPSTOX_APP_KEY") == true)
            #expect(world.web.store.count(of: "noteLink") == 0)
        }
    }

    @Test("Only an admin, the client's own trader and the client itself can log a client in")
    func roles() async throws {
        try await LoginWorld.serving { world in
            let client = world.web.clientUser(world.client)
            let another = world.web.store.addClient("OTHER", of: world.web.traderID)
            let sibling = world.web.clientUser(another, email: "sibling@example.com")
            for path in [world.path + "/login-link", world.path + "/login"] {
                let body = path.hasSuffix("login") ? #"{"code":"1"}"# : nil
                try await world.web.ask("POST", path, body).expectProblem(401, "not_logged_in")
                for stranger in [world.web.other, sibling] {
                    try await world.web.ask("POST", path, as: stranger, body)
                        .expectProblem(404, "not_found")
                }
            }
            let link = world.path + "/login-link"
            #expect(try await world.web.ask("POST", link, as: world.web.admin).status == 200)
            #expect(try await world.web.ask("POST", link, as: client).status == 200)
            let own = world.web.store.addClient("B", of: world.web.traderID, broker: .zerodha)
            // The account of one client under the number of another.
            try await world.web.ask(
                "POST",
                "/api/v1/clients/\(own)/broker-accounts/\(world.account.id)/login-link",
                as: world.web.trader
            ).expectProblem(404, "not_found")
        }
    }
}
