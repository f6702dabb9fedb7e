import Desk
import DeskTesting
import JSON
import Testing
import Trading

@testable import Web

@Suite("Logins by a client's own app", .timeLimit(.minutes(20)))
struct OwnAppTests {
    private func keep(_ key: String, _ world: LoginWorld) async throws -> WebAnswer {
        let kept = try await world.web.ask(
            "PUT",
            world.path + "/app",
            as: world.web.trader,
            #"{"api_key":"\#(key)","api_secret":"secret-of-\#(key)"}"#
        )
        #expect(kept.status == 200 && !kept.text.contains("secret-of"), "\(kept.text)")
        return kept
    }

    @Test(
        "A link of an account with an own app is made by that app, and so is the session",
        arguments: [BrokerName.upstox, .zerodha]
    )
    func link(_ broker: BrokerName) async throws {
        try await LoginWorld.serving(broker) { world in
            let kept = try await keep("own", world)
            #expect(kept.json["redirect_url"]?.string == "https://volley.example/callback")
            #expect((kept.json["notifier_url"]?.string != nil) == (broker == .upstox))
            world.hasReady("fresh")
            // Also where the installation has no app, as at this Upstox.
            let link = try await world.link()
            #expect(link.contains("?app=own&"))
            let state = try #require(link.split(separator: "state=").last)
            #expect(try await world.comeBack("state=\(state)&code=c").status == 200)
            #expect(world.login.usedApps == ["own secret-of-own", "own secret-of-own"])
            #expect(try await world.token() == "fresh")
        }
    }

    @Test("A link that was made by another app than the account has now is of no use")
    func changed() async throws {
        try await LoginWorld.serving(.zerodha) { world in
            world.hasReady("never")
            let usual = try await world.state()
            _ = try await keep("first", world)
            let first = try await world.state()
            #expect(try await world.comeBack("state=\(usual)&request_token=x").status == 410)
            _ = try await keep("second", world)
            #expect(try await world.comeBack("state=\(first)&request_token=x").status == 410)
            #expect(world.login.asked.isEmpty)
            let second = try await world.state()
            #expect(try await world.comeBack("state=\(second)&request_token=x").status == 200)
            #expect(world.login.usedApps.last == "second secret-of-second")
        }
    }

    @Test(
        "The app is one account's; others go by the installation's, after a disconnection all"
    )
    func others() async throws {
        try await LoginWorld.serving(.zerodha) { world in
            _ = try await keep("own", world)
            let client = world.web.store.addClient("B", of: world.web.traderID, broker: .zerodha)
            let other = try #require(try await world.web.store.client(client)?.accounts.first)
            let made = try await world.web.ask(
                "POST",
                "/api/v1/clients/\(client)/broker-accounts/\(other.id)/login-link",
                as: world.web.trader
            )
            #expect(made.json["url"]?.string?.contains("app=") == false)
            #expect(world.login.usedApps.isEmpty)
            let gone = try await world.web.ask("DELETE", world.path, as: world.web.trader)
            #expect(gone.status == 204)
            #expect(try await world.link().contains("app=") == false)
        }
    }

    @Test(
        "A code of another app is refused in words, and another client's token not kept"
    )
    func refused() async throws {
        try await LoginWorld.serving(.upstox) { world in
            _ = try await keep("own", world)
            world.login.add(.failure(.refused(words: "UDAPI100068: Check your 'client_id'")))
            let state = try #require(try await world.link().split(separator: "state=").last)
            let page = try await world.comeBack("state=\(state)&code=of-another-app")
            #expect(page.status == 409 && page.text.contains("did not accept this login"))
            world.hasReady("stranger", of: "ZZ9999")
            let next = try #require(try await world.link().split(separator: "state=").last)
            #expect(try await world.comeBack("state=\(next)&code=c").status == 409)
            #expect(try await world.token() == nil)
        }
    }

    @Test("A code logs in by the own app at a broker without a page")
    func code() async throws {
        try await LoginWorld.serving(.groww) { world in
            let kept = try await keep("own", world)
            #expect(kept.json["redirect_url"] == .null && kept.json["notifier_url"] == .null)
            world.hasReady("by-code")
            let done = try await world.web.ask(
                "POST",
                world.path + "/login",
                as: world.web.trader,
                #"{"code":"123456"}"#
            )
            #expect(done.status == 200)
            #expect(world.login.usedApps == ["own secret-of-own"])
            #expect(try await world.token() == "by-code")
        }
    }
}
