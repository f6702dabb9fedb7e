import BrokerFaces
import Desk
import HTTPClient
import HTTPServer
import JSON
import ServerTesting
import Synchronization
import Testing
import Trading

/// Sessions that Upstox's clients are asked for in its own app, at the sandbox and by the wire.
@Suite("Login requests", .timeLimit(.minutes(20)))
struct LoginRequestTests {
    /// Takes what the sandbox sends of its own accord.
    private final class Notifier: Sendable {
        private let letters = Mutex<[[UInt8]]>([])

        var heard: [[UInt8]] { letters.withLock { $0 } }

        static func listening(_ body: (Notifier, _ url: String) async throws -> Void) async throws {
            let notifier = Notifier()
            let route = HTTPRoute("POST", "/notify") { request in
                notifier.letters.withLock { $0.append(request.body) }
                return HTTPServerResponse(status: 200, headers: [], body: .bytes([]))
            }
            let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: [route])
            try server.start()
            let outcome: Result<Void, any Error>
            do {
                let url = "http://127.0.0.1:\(server.port)/notify"
                outcome = .success(try await body(notifier, url))
            } catch {
                outcome = .failure(error)
            }
            await server.stop(grace: .seconds(5))
            try outcome.get()
        }
    }

    private static func app(_ notifier: String?) -> LoginApp {
        LoginApp(
            key: Secret("usual-app"),
            secret: Secret("usual-secret"),
            returnURL: LoginUnderTest.returnURL,
            noticeURL: notifier
        )
    }

    /// The client's own app at the sandbox, which sends to this place.
    private func register(_ url: String, _ floor: LoginFloor) async throws -> LoginOwnApp {
        try await floor.floor.control(
            "POST",
            "/apps",
            """
            {"face":"upstox","app_key":"app-of-1","app_secret":"secret-of-1",
            "client_id":"\(Sample.client)","notifier_url":"\(url)"}
            """
        )
        return LoginOwnApp(key: "app-of-1", secret: Secret("secret-of-1"))
    }

    private func approve(_ isApproved: Bool, _ floor: LoginFloor) async throws -> Bool? {
        try await floor.floor.control(
            "POST",
            "/login-approvals",
            #"{"face":"upstox","app_key":"app-of-1","approve":\#(isApproved)}"#
        )["sent"]?.bool
    }

    @Test("A client who approves in the app is logged in, with a session that is good")
    func whole() async throws {
        try await Notifier.listening { notifier, url in
            try await LoginUnderTest.upstox.visit { floor in
                let requests = try #require(floor.login(app: Self.app(url)).requests)
                let app = try await register(url, floor)
                let end = try #require(LoginUnderTest.upstox.life.end(of: floor.floor.clock.now()))
                #expect(try await requests.ask(app) == end)
                #expect(try await approve(true, floor) == true)
                try await eventually { notifier.heard.count == 1 }
                let grant = try #require(notifier.heard.first.flatMap(requests.grant))
                #expect(grant.appKey == "app-of-1" && grant.brokerClientID == Sample.client)
                #expect("\(grant)".contains(grant.token.reveal()) == false)
                let given = try await requests.session(of: grant)
                #expect(given.owners == [Sample.client] && given.token == grant.token)
                _ = try await floor.adapter.check(Sample.session(token: given.token.reveal()))
            }
        }
    }

    @Test("A client who does not approve is not logged in; nobody approves what was not asked")
    func refused() async throws {
        try await Notifier.listening { notifier, url in
            try await LoginUnderTest.upstox.visit { floor in
                let requests = try #require(floor.login(app: Self.app(url)).requests)
                let app = try await register(url, floor)
                _ = try await requests.ask(app)
                #expect(try await approve(false, floor) == false)
                let once = #"{"face":"upstox","app_key":"app-of-1"}"#
                let again = try await floor.floor.http.send(
                    HTTPRequest(
                        method: "POST",
                        url: "http://127.0.0.1:\(floor.floor.sandbox.port)/control/login-approvals",
                        body: Array(once.utf8)
                    )
                )
                #expect(again.status == 404)
                #expect(notifier.heard.isEmpty)
                _ = try await floor.adapter.check(Sample.session(token: "TESTTOKEN"))
            }
        }
    }

    @Test("A message is believed of nobody: the broker says whose its token is")
    func somebodyElse() async throws {
        try await LoginUnderTest.upstox.visit { floor in
            let requests = try #require(floor.login(app: Self.app("http://x/notify")).requests)
            try await floor.floor.control(
                "POST",
                "/accounts",
                #"{"client_id":"2000000002","token":"other","face":"upstox"}"#
            )
            let stolen = try #require(requests.grant(in: Self.message(token: "other")))
            #expect(stolen.brokerClientID == "AB1234")
            #expect(try await requests.session(of: stolen).owners == ["2000000002"])
            let invented = try #require(requests.grant(in: Self.message(token: "invented")))
            let failed = await loginFailure { () async throws(LoginFailure) in
                try await requests.session(of: invented)
            }
            guard case .refused(let words) = failed else {
                Issue.record("\(String(describing: failed))")
                return
            }
            #expect(!words.contains("invented"))
        }
    }

    @Test("A wrong secret, and an app that sends elsewhere, are told before anybody waits")
    func wrongApps() async throws {
        try await LoginUnderTest.upstox.visit { floor in
            let elsewhere = "http://127.0.0.1:9/elsewhere"
            let app = try await register(elsewhere, floor)
            let ours = "http://127.0.0.1:9/notify"
            let requests = try #require(floor.login(app: Self.app(ours)).requests)
            let astray = await loginFailure { () async throws(LoginFailure) in
                try await requests.ask(app)
            }
            #expect(astray == .sentElsewhere(to: elsewhere, not: ours))
            let wrong = LoginOwnApp(key: app.key, secret: Secret("guessed"))
            let refused = await loginFailure { () async throws(LoginFailure) in
                try await requests.ask(wrong)
            }
            guard case .refused(let words) = refused else {
                Issue.record("\(String(describing: refused))")
                return
            }
            #expect(words.contains("UDAPI100016") && !words.contains("guessed"))
        }
    }

    @Test("Without a public address nobody is asked; without an own app the usual one is")
    func settings() async throws {
        try await LoginUnderTest.upstox.visit { floor in
            let bare = try #require(floor.login(app: Self.app(nil)).requests)
            let app = LoginOwnApp(key: "k", secret: Secret("s"))
            let failed = await loginFailure { () async throws(LoginFailure) in
                try await bare.ask(app)
            }
            #expect(failed == .notConfigured(.publicURL))
            let usual = LoginOwnApp(key: "usual-app", secret: Secret("usual-secret"))
            #expect(try bare.usualApp() == usual)
        }
        for other in LoginUnderTest.allCases where other != .upstox {
            try await other.visit { floor in #expect(floor.login().requests == nil) }
        }
    }

    @Test("A request is written as the official SDK writes it, and sent once whatever comes")
    func written() async throws {
        for status in [200, 500, 502] {
            try await CannedLogin.visit(
                .upstox,
                app: LoginApp(key: nil, secret: nil, returnURL: nil, noticeURL: "http://n/"),
                status: status,
                answer: { _ in "<html>" }
            ) { login, canned in
                let requests = try #require(login.requests)
                let failed = await loginFailure { () async throws(LoginFailure) in
                    try await requests.ask(LoginOwnApp(key: "cid", secret: Secret("csec")))
                }
                guard case .unanswered = failed else {
                    Issue.record("\(status): \(String(describing: failed))")
                    return
                }
                #expect(canned.requests.count == 1)
                let sent = try #require(canned.requests.first)
                let captured = try UpstoxSDKRequest.captured("init_token_request_for_indie_user")
                #expect(sent.method == captured.method)
                #expect(sent.path == "/upstox" + captured.path)
                #expect(sent.header("content-type") == "application/json")
                #expect(
                    try JSONValue(parsing: sent.body) == JSONValue(parsing: captured.text)
                )
            }
        }
    }

    @Test(
        "A token is refused only where Upstox says so of the token itself",
        arguments: [
            (401, "UDAPI100050", true), (429, "UDAPI10005", false), (403, "UDAPI1154", false),
            (500, "UDAPI100500", false), (400, "UDAPI100060", false),
        ]
    )
    func ofTheToken(_ status: Int, _ code: String, _ isRefused: Bool) async throws {
        let answer = #"{"status":"error","errors":[{"errorCode":"\#(code)","message":"no"}]}"#
        try await CannedLogin.visit(.upstox, status: status, answer: { _ in answer }) {
            login,
            canned in
            let requests = try #require(login.requests)
            let grant = try #require(requests.grant(in: Self.message()))
            let failed = await loginFailure { () async throws(LoginFailure) in
                try await requests.session(of: grant)
            }
            if case .refused = failed { #expect(isRefused) } else { #expect(!isRefused) }
            if case .unanswered = failed { #expect(!isRefused) } else { #expect(isRefused) }
            #expect(canned.requests.count == 1)
        }
    }

    @Test(
        "What is no grant, or could not stand in a header, is none",
        arguments: [
            "", "{}", "[]", "null", "hello", #"{"message_type":"access_token"}"#,
            String(decoding: message(type: "order"), as: UTF8.self),
            String(decoding: message(token: ""), as: UTF8.self),
            String(decoding: message(token: "a\r\nX-Evil: 1"), as: UTF8.self),
            String(decoding: message(token: "two words"), as: UTF8.self),
            String(decoding: message(token: "ü"), as: UTF8.self),
            String(decoding: message(token: String(repeating: "a", count: 4_097)), as: UTF8.self),
            String(decoding: message(client: ""), as: UTF8.self),
            String(decoding: message(client: "'; DROP TABLE client"), as: UTF8.self),
            String(decoding: message(client: String(repeating: "1", count: 65)), as: UTF8.self),
            String(decoding: message().dropLast(), as: UTF8.self),
            // Of two values under one name neither can be trusted.
            String(decoding: message().dropLast(), as: UTF8.self) + #","user_id":"ZZ1"}"#,
        ]
    )
    func noGrant(_ text: String) async throws {
        try await LoginUnderTest.upstox.visit { floor in
            let requests = try #require(floor.login(app: Self.app("http://n/")).requests)
            #expect(requests.grant(in: Array(text.utf8)) == nil)
            #expect(requests.grant(in: Self.message()) != nil)
        }
    }

    private static func message(
        type: String = "access_token",
        token: String = "token-1",
        client: String = "AB1234"
    ) -> [UInt8] {
        let value: JSONValue = [
            "client_id": "app-of-1", "user_id": .string(client), "access_token": .string(token),
            "token_type": "Bearer", "expires_at": "1764366600000", "issued_at": "1764330000000",
            "message_type": .string(type),
        ]
        return value.serialized()
    }
}
