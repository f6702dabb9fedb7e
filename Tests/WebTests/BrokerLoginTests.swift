import Desk
import DeskTesting
import JSON
import Testing
import Trading

@testable import Web

@Suite("Links to brokers' login pages", .timeLimit(.minutes(20)))
struct BrokerLoginTests {
    @Test("A link leads to a session: the token is stored, until the broker's end of it")
    func whole() async throws {
        try await LoginWorld.serving { world in
            let made = try await world.web.ask(
                "POST",
                world.path + "/login-link",
                as: world.web.trader
            )
            #expect(made.status == 200 && made.header("cache-control") == "no-store")
            #expect(made.json["expires_at"]?.string == "2026-11-23T10:15:00.000+05:30")
            let url = try #require(made.json["url"]?.string)
            #expect(url.hasPrefix("https://broker.example/login?who=DA&state="))
            let state = try #require(url.split(separator: "state=").last)
            world.hasReady("fresh-token")
            let page = try await world.comeBack("state=\(state)&request_token=given-1")
            #expect(page.status == 200 && page.text.contains("You are logged in at Zerodha."))
            #expect(page.header("content-type") == "text/html; charset=utf-8")
            #expect(page.header("referrer-policy") == "no-referrer")
            #expect(page.header("cache-control") == "no-store")
            for secret in ["fresh-token", "given-1", String(state)] {
                #expect(!page.text.contains(secret))
            }
            #expect(try await world.token() == "fresh-token")
            let stored = try await world.web.store.client(world.client)?.accounts.first
            #expect(stored?.sessionEnds == SessionLife.until(6, 0).end(of: world.web.clock.now()))
            guard case .redirect(let given) = world.login.asked.first else {
                Issue.record("the broker was not asked")
                return
            }
            // Our own state is not the broker's business.
            #expect(given == ["request_token": Secret("given-1")])
        }
    }

    @Test("The end that a broker tells counts where it comes before the usual one")
    func ends() async throws {
        try await LoginWorld.serving { world in
            let soon = world.web.clock.now().advanced(by: .seconds(3_600))
            world.hasReady("t1", ends: soon)
            _ = try await world.comeBack("state=\(try await world.state())&request_token=x")
            let stored = try await world.web.store.client(world.client)?.accounts.first
            #expect(stored?.sessionEnds == soon)
            world.hasReady("t2", ends: soon.advanced(by: .seconds(864_000)))
            _ = try await world.comeBack("state=\(try await world.state())&request_token=y")
            let latest = SessionLife.until(6, 0).end(of: world.web.clock.now())
            #expect(
                try await world.web.store.client(world.client)?.accounts.first?.sessionEnds
                    == latest
            )
        }
    }

    @Test("A link works once, also for two browsers at the same moment")
    func once() async throws {
        try await LoginWorld.serving { world in
            let state = try await world.state()
            for number in 1...6 { world.hasReady("token-\(number)") }
            let pages = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await world.comeBack("state=\(state)&request_token=x").status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(pages.sorted() == [200, 410, 410, 410, 410, 410])
            #expect(world.login.asked.count == 1)
            let again = try await world.comeBack("state=\(state)&request_token=y")
            #expect(again.status == 410 && again.text.contains("too old"))
            #expect(try await world.token() == "token-1")
        }
    }

    @Test("After fifteen minutes a link is too old")
    func expired() async throws {
        try await LoginWorld.serving { world in
            let state = try await world.state()
            world.web.clock.advance(by: .seconds(901))
            world.hasReady("late")
            #expect(try await world.comeBack("state=\(state)&request_token=x").status == 410)
            #expect(world.login.asked.isEmpty)
            #expect(try await world.token() == nil)
        }
    }

    @Test("A state that is forged, altered, of another broker or of another purpose is refused")
    func forged() async throws {
        try await LoginWorld.serving { world in
            world.hasReady("never")
            let state = try await world.state()
            let parts = state.split(separator: ".").map(String.init)
            try #require(parts.count == 3)
            let other = try await otherAccountsClaims(world)
            let states = [
                "", "x", "a.b.c", state + "x", String(state.dropLast()), parts[0] + "." + parts[1],
                // Somebody else's claims under this signature, and no signature at all.
                parts[0] + "." + other + "." + parts[2], parts[0] + "." + other + ".",
                "eyJhbGciOiJub25lIn0." + parts[1] + ".",
                // A login of a person at Volley is signed too, but for another purpose.
                world.web.token(world.web.trader),
            ]
            for state in states {
                let page = try await world.comeBack("state=\(state)&request_token=x")
                #expect(page.status == 400, "\(state)")
            }
            #expect(try await world.comeBack("state=\(state)&code=x", from: .dhan).status == 400)
            #expect(try await world.comeBack("request_token=x").status == 410)
            #expect(world.login.asked.isEmpty && world.web.dhan.asked.isEmpty)
            #expect(try await world.token() == nil)
            // The true one is as good as ever.
            #expect(try await world.comeBack("state=\(state)&request_token=x").status == 200)
        }
    }

    /// The claims of a link to another account.
    private func otherAccountsClaims(_ world: LoginWorld) async throws -> String {
        let client = world.web.store.addClient("B", of: world.web.traderID, broker: .zerodha)
        let account = try #require(try await world.web.store.client(client)?.accounts.first)
        let state = world.web.api.linkStates.make(for: account).state
        return try #require(state.split(separator: ".").dropFirst().first.map(String.init))
    }

    @Test("A signed state whose link was never noted is worth nothing")
    func unnoted() async throws {
        try await LoginWorld.serving { world in
            world.hasReady("never")
            let state = world.web.api.linkStates.make(for: world.account).state
            let page = try await world.comeBack("state=\(state)&request_token=x")
            #expect(page.status == 410 && world.login.asked.isEmpty)
        }
    }

    @Test("Whoever logs in to another account than the link's is refused, and the token not kept")
    func otherAccount() async throws {
        try await LoginWorld.serving { world in
            world.hasReady("stranger", of: "ZZ9999")
            let state = try await world.state()
            let page = try await world.comeBack("state=\(state)&request_token=x")
            #expect(page.status == 409 && page.text.contains("another account"))
            #expect(try await world.token() == nil)
        }
    }

    @Test("A disconnected account, and an archived client, are not brought back by an old link")
    func gone() async throws {
        try await LoginWorld.serving { world in
            world.hasReady("never")
            let state = try await world.state()
            let gone = try await world.web.ask("DELETE", world.path, as: world.web.trader)
            #expect(gone.status == 204)
            #expect(try await world.comeBack("state=\(state)&request_token=x").status == 410)
            let second = try await world.state()
            let client = "/api/v1/clients/\(world.client)"
            #expect(try await world.web.ask("DELETE", client, as: world.web.trader).status == 204)
            #expect(try await world.comeBack("state=\(second)&request_token=x").status == 410)
            #expect(world.login.asked.isEmpty)
            try await world.web.ask("POST", world.path + "/login-link", as: world.web.trader)
                .expectProblem(409, "client_archived")
        }
    }

    @Test("What went wrong at the broker is told in plain words, without what it said")
    func failures() async throws {
        let told: [(LoginFailure, Int, String)] = [
            (.notGranted, 400, "You were not logged in at Zerodha."),
            (.refused(words: "<b>no</b>"), 409, "Zerodha did not accept this login."),
            (.unanswered("HTTP 500"), 502, "Zerodha did not answer."),
            (.notConfigured(.appSecret), 409, "not possible here"),
        ]
        try await LoginWorld.serving { world in
            for (failure, status, words) in told {
                world.login.add(.failure(failure))
                let state = try await world.state()
                let page = try await world.comeBack("state=\(state)&request_token=x")
                #expect(page.status == status && page.text.contains(words), "\(page.text)")
                #expect(!page.text.contains("<b>"))
                // It is not tried again with what may have been used.
                #expect(try await world.comeBack("state=\(state)&request_token=x").status == 410)
            }
            #expect(world.login.asked.count == told.count)
        }
    }

    @Test("Nothing of what a browser brings is in the page")
    func echo() async throws {
        try await LoginWorld.serving { world in
            let script = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"
            for query in ["state=\(script)", "request_token=\(script)", "\(script)=1"] {
                let page = try await world.comeBack(query)
                #expect(page.status >= 400 && !page.text.contains("alert"))
            }
            let page = try await world.web.ask("GET", "/broker-logins/\(script)/callback")
            #expect(page.status == 404 && !page.text.contains("alert"))
        }
    }

    @Test("A mere look at the address uses nothing up, and a value that comes twice is none")
    func head() async throws {
        try await LoginWorld.serving { world in
            world.hasReady("fresh")
            let query = "state=\(try await world.state())&request_token=x"
            _ = try await world.comeBack(query, method: "HEAD")
            #expect(world.login.asked.isEmpty)
            #expect(try await world.comeBack(query + "&request_token=y").status == 200)
            guard case .redirect(let given) = world.login.asked.first else {
                Issue.record("the broker was not asked")
                return
            }
            #expect(given == ["request_token": Secret("")])
        }
    }

    @Test("A login that cannot be stored tells the person so, and nobody its token")
    func storeFails() async throws {
        try await LoginWorld.serving { world in
            world.hasReady("lost-token")
            let state = try await world.state()
            world.web.store.fail("connect", with: .unavailable("no connection"), times: 1)
            let page = try await world.comeBack("state=\(state)&request_token=x")
            #expect(page.status == 503 && page.text.contains("Something failed here."))
            #expect(page.header("content-type") == "text/html; charset=utf-8")
        }
    }
}
