import BrokerFaces
import HTTPClient
import HTTPServer
import JSON
import ServerTesting
import StackTesting
import Synchronization
import Testing

/// The morning of a client whose session is over: a link, the broker's page, and orders again.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct BrokerLoginTests {
    /// Where brokers send browsers to; a proxy of the installation hands it on to the API.
    private static let publicURL = "https://volley.example"

    private static let brokers = ["dhan", "upstox", "zerodha"]

    @Test("An expired client gets a link, follows it, and the next order goes through")
    func links() async throws {
        try await Stack.with { stack in
            configure(stack)
            try stack.start("worker")
            try stack.start("scheduler")
            try stack.start("relay")
            let api = try await stack.startAPI()
            try await stack.run([
                "demo", "load", "--clients", "3", "--brokers", Self.brokers.joined(separator: ","),
            ])
            // Overnight the brokers end every session.
            for number in 1...3 { try await endSession(of: number, stack) }
            // Nobody's session is good, so there is not even a price.
            let first = try await trade(stack)
            #expect(try await states(of: first, stack).allSatisfy { $0 != "FILLED" })
            #expect(try await booked(stack) == 0)
            try await eventually {
                try await stack.json(["readiness", "--state", "must_log_in"])["accounts"]?.array?
                    .count == 3
            }
            let made = try await stack.json(["readiness", "--links"])["links"]?.array ?? []
            #expect(Set(made.compactMap { $0["broker"]?.string }) == Set(Self.brokers))
            for link in made {
                let page = try await follow(link, stack, api)
                #expect(page.status == 200, "\(link)")
                #expect(String(decoding: page.body, as: UTF8.self).contains("You are logged in"))
            }
            try await eventually {
                let all = try await stack.json(["readiness"])
                return all["accounts"]?.array?.isEmpty == true
            }
            let second = try await trade(stack)
            try await eventually {
                try await states(of: second, stack) == ["FILLED", "FILLED", "FILLED"]
            }
            #expect(try await booked(stack) == 3)
            try await stack.run(["demo", "verify", "--all"])
            let done = try await stack.count(
                "SELECT count(*) FROM audit_log WHERE action = 'LOGGED_IN_AT_BROKER'"
            )
            #expect(done == 3)
            #expect(try stack.logs().contains("secret-of-the-app") == false)
        }
    }

    @Test("A link of one's own works once; a code logs in where there is no page")
    func commands() async throws {
        try await Stack.with { stack in
            configure(stack)
            let api = try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "2", "--brokers", "groww,zerodha"])
            let all = try await stack.json(["clients", "list"])["clients"]?.array ?? []
            let ids = all.map { client in
                let broker = client["broker_accounts"]?[0]?["broker"]?.string ?? ""
                return (broker, "\(client["id"]?.int64 ?? 0)")
            }
            let clients = Dictionary(ids) { first, _ in first }
            let zerodha = try #require(clients["zerodha"])
            let groww = try #require(clients["groww"])
            let url = try await stack.json(["clients", "login-link", zerodha])["url"]
            let link: JSONValue = [
                "url": url ?? .null, "broker": "zerodha", "broker_client_id": "1100000001",
            ]
            #expect(try await follow(link, stack, api).status == 200)
            #expect(try await follow(link, stack, api).status == 410)
            try await stack.run(["clients", "login-link", groww], expecting: 3)
            try await stack.run(
                ["clients", "login", groww],
                input: "12\n1100000002\n",
                expecting: 3
            )
            try await stack.run(["clients", "login", groww], input: "123456\n1100000002\n")
            // The key of another client of the same broker.
            _ = try await stack.sandboxJSON(
                "POST",
                "/control/accounts",
                #"{"face":"groww","client_id":"77","token":"t"}"#
            )
            try await stack.run(["clients", "login", groww], input: "123456\n77\n", expecting: 3)
            let done = try await stack.count(
                "SELECT count(*) FROM audit_log WHERE action = 'LOGGED_IN_AT_BROKER'"
            )
            #expect(done == 2)
            stack.set("VOLLEY_PUBLIC_URL", "volley.example")
            try await stack.run(["api"], expecting: 2)
        }
    }

    @Test("A brought token near its end is renewed by itself; PIN and code log in when it is over")
    func withoutPage() async throws {
        try await Stack.with { stack in
            try stack.start("worker")
            try stack.start("scheduler")
            try stack.start("relay")
            _ = try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "1", "--brokers", "dhan"])
            let all = try await stack.json(["clients", "list"])["clients"]?.array ?? []
            let client = "\(all.first?["id"]?.int64 ?? 0)"
            let number = "1100000001"
            let day = try await stack.texts(
                "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '10 minutes', "
                    + "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
            )
            let account = { (token: String) in
                #"{"face":"dhan","client_id":"\#(number)","token":"\#(token)","pin":"271828"}"#
            }
            _ = try await stack.sandboxJSON("POST", "/control/accounts", account("of-the-web"))
            let connect = [
                "clients", "connect", client, "--broker", "dhan", "--account", number, "--ends",
                try #require(day.first),
            ]
            try await stack.run(connect, input: "of-the-web\n")
            let renewed = "SELECT count(*) FROM audit_log WHERE action = 'SESSION_RENEWED'"
            try await eventually { try await stack.count(renewed) == 1 }
            let first = try await trade(stack)
            try await eventually { try await states(of: first, stack) == ["FILLED"] }
            // The renewed one is of the web as well, and may be renewed by hand.
            try await stack.run(["clients", "renew-session", client])
            #expect(try await stack.count(renewed) == 2)
            // The broker ends the session; what it has come to is found by an order or a check.
            _ = try await stack.sandboxJSON("POST", "/control/accounts", account("gone"))
            try await stack.run(["submit", "RELIANCE", "buy", "--quantity", "3"])
            try await eventually {
                try await stack.json(["readiness", "--state", "must_log_in"])["accounts"]?.array?
                    .count == 1
            }
            try await stack.run(["clients", "renew-session", client], expecting: 3)
            let logIn = ["clients", "login", client, "--pin"]
            try await stack.run(logIn, input: "123456\n314159\n", expecting: 3)
            try await stack.run(logIn, input: "123456\n", expecting: 3)
            try await stack.run(logIn, input: "123456\n271828\n")
            // A login's token is none that Dhan renews.
            try await stack.run(["clients", "renew-session", client], expecting: 3)
            let second = try await trade(stack)
            try await eventually { try await states(of: second, stack) == ["FILLED"] }
            let logs = try stack.logs()
            for secret in ["of-the-web", "271828", "314159", "123456"] {
                #expect(!logs.contains(secret))
            }
            try await stack.run(["demo", "verify", "--all"])
        }
    }

    @Test("A client who is asked in Upstox's app approves, and orders go again")
    func requests() async throws {
        try await Stack.with { stack in
            // What stands in front of an installation hands the broker's messages on to the API.
            let inner = Mutex("")
            let route = HTTPRoute("POST", "/broker-logins/upstox/notify") { request in
                var onward = HTTPRequest(
                    method: "POST",
                    url: inner.withLock { $0 } + "/broker-logins/upstox/notify"
                )
                onward.body = request.body
                let status = (try? await stack.client.send(onward))?.status ?? 502
                return HTTPServerResponse(status: status, headers: [], body: .bytes([]))
            }
            let front = HTTPServer(HTTPServerConfiguration(port: 0), routes: [route])
            try front.start()
            let outcome: Result<Void, any Error>
            do {
                configure(stack, publicURL: "http://127.0.0.1:\(front.port)")
                let api = try await stack.startAPI()
                inner.withLock { $0 = api }
                outcome = .success(try await askAndLogOut(stack, api))
            } catch {
                outcome = .failure(error)
            }
            await front.stop(grace: .seconds(5))
            try outcome.get()
        }
    }

    private func askAndLogOut(_ stack: Stack, _ api: String) async throws {
        for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
        try await stack.run(["demo", "load", "--clients", "2", "--brokers", "upstox,zerodha"])
        let all = try await stack.json(["clients", "list"])["clients"]?.array ?? []
        let clients = Dictionary(
            all.map { client in
                let broker = client["broker_accounts"]?[0]?["broker"]?.string ?? ""
                return (broker, "\(client["id"]?.int64 ?? 0)")
            }
        ) { first, _ in first }
        let (upstox, zerodha) = (
            try #require(clients["upstox"]), try #require(clients["zerodha"])
        )
        // Their sessions are ended: both must log in.
        for client in [upstox, zerodha] {
            let ended = try await stack.json(["clients", "logout", client, "--why", "evening"])
            #expect(ended["at_broker"]?.string == "ended", "\(ended)")
        }
        let waiting = try await stack.json(["readiness", "--state", "must_log_in"])
        #expect(waiting["accounts"]?.array?.count == 2, "\(waiting)")
        let number = try #require(
            all.first { $0["broker_accounts"]?[0]?["broker"]?.string == "upstox" }?[
                "broker_accounts"
            ]?[0]?["broker_client_id"]?.string
        )
        // The app is set up at the broker, and its key and secret kept here.
        let kept = try await stack.run(
            ["clients", "app", upstox, "--json"],
            input: "own-app\nown-secret\n"
        )
        let notifier = try #require(
            try JSONValue(parsing: Array(kept.utf8))["notifier_url"]?.string
        )
        // An app that sends elsewhere is found out.
        try await register(notifier + "/elsewhere", number, stack)
        try await stack.run(["clients", "login-request", upstox], expecting: 3)
        try await register(notifier, number, stack)
        let made = try await stack.json(["readiness", "--requests"])["links"]?.array ?? []
        #expect(made.count == 2)
        let asked = made.first { $0["broker"]?.string == "upstox" }
        #expect(asked?["asked"]?.bool == true && asked?["url"] == JSONValue.null, "\(made)")
        #expect(made.first { $0["broker"]?.string == "zerodha" }?["url"]?.string != nil)
        _ = try await stack.sandboxJSON(
            "POST",
            "/control/login-approvals",
            #"{"face":"upstox","app_key":"own-app"}"#
        )
        try await eventually {
            try await stack.count(
                "SELECT count(*) FROM audit_log WHERE action = 'LOGGED_IN_AT_BROKER'"
            ) == 1
        }
        let second = try await trade(stack)
        try await eventually {
            try await states(of: second, stack).filter { $0 == "FILLED" }.count == 1
        }
        #expect(try await booked(stack) == 1)
        for action in ["LOGIN_ASKED", "LOGIN_NOT_ASKED", "LOGIN_APP_KEPT", "TOKEN_FORGOTTEN"] {
            #expect(
                try await stack.count(
                    "SELECT count(*) FROM audit_log WHERE action = '\(action)'"
                ) > 0,
                "\(action)"
            )
        }
        #expect(try stack.logs().contains("own-secret") == false)
    }

    private func register(_ notifier: String, _ number: String, _ stack: Stack) async throws {
        _ = try await stack.sandboxJSON(
            "POST",
            "/control/apps",
            """
            {"face":"upstox","app_key":"own-app","app_secret":"own-secret",
            "client_id":"\(number)","notifier_url":"\(notifier)"}
            """
        )
    }

    private func configure(_ stack: Stack, publicURL: String = publicURL) {
        stack.set("VOLLEY_PUBLIC_URL", publicURL)
        for broker in ["DHAN", "UPSTOX", "ZERODHA"] {
            stack.set("VOLLEY_\(broker)_APP_KEY", "demo")
            stack.set("VOLLEY_\(broker)_APP_SECRET", "secret-of-the-app")
        }
        // What the sandbox's Kite takes.
        stack.set("VOLLEY_ZERODHA_APP_SECRET", "secret")
    }

    private func endSession(of number: Int, _ stack: Stack) async throws {
        let face = Self.brokers[number % 3]
        let account =
            #"{"face":"\#(face)","client_id":"\#(1_100_000_000 + number)","token":"ended-\#(number)"}"#
        _ = try await stack.sandboxJSON("POST", "/control/accounts", account)
    }

    /// Submits a trade and waits until it was answered; its number.
    private func trade(_ stack: Stack) async throws -> Int64 {
        let task = try await stack.json(["submit", "RELIANCE", "buy", "--quantity", "3"])
        let id = try #require(task["task_id"]?.int64)
        try await eventually {
            try await stack.json(["status", "\(id)"])["state"]?.string == "COMPLETE"
        }
        return id
    }

    /// The state of each client's order.
    private func states(of task: Int64, _ stack: Stack) async throws -> [String] {
        try await stack.json(["results", "\(task)"]).array?.compactMap { $0["state"]?.string } ?? []
    }

    private func booked(_ stack: Stack) async throws -> Int64? {
        try await stack.sandboxJSON("GET", "/control/ledger/summary")["booked"]?.int64
    }

    /// Opens a link as a browser does: the login page, then wherever it leads to.
    private func follow(_ link: JSONValue, _ stack: Stack, _ api: String) async throws
        -> HTTPResponse
    {
        let url = try #require(link["url"]?.string)
        let number = try #require(link["broker_client_id"]?.string)
        var page = try await get(url, stack)
        if page.status == 200 {
            // The person types in the number; the name of the field is the broker's.
            let field = link["broker"]?.string == "upstox" ? "user_id" : "client_id"
            page = try await get(url + "&\(field)=\(number)", stack)
        }
        try #require(page.status == 302, "\(url)")
        let target = try #require(page.header("location"))
        try #require(target.hasPrefix(Self.publicURL + "/broker-logins/"), "\(target)")
        return try await get(api + target.dropFirst(Self.publicURL.count), stack)
    }

    private func get(_ url: String, _ stack: Stack) async throws -> HTTPResponse {
        try await stack.client.send(HTTPRequest(method: "GET", url: url, timeout: .seconds(60)))
    }
}
