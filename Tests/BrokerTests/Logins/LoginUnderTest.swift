import BrokerFaces
import BrokerKit
import Desk
import Dhan
import Groww
import HTTPClient
import Testing
import Trading
import Upstox
import Zerodha

/// The brokers' logins at the sandbox, each with what a person does in front of a browser.
enum LoginUnderTest: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case dhan
    case zerodha
    case upstox
    case groww

    static let withPages: [LoginUnderTest] = [.dhan, .zerodha, .upstox]

    var testDescription: String { rawValue }

    static let returnURL = "https://volley.example/callback"
    /// The sandbox's Kite takes what is signed with this; the others take any secret.
    static let app = LoginApp(
        key: Secret("app-key"),
        secret: Secret("secret"),
        returnURL: returnURL,
        noticeURL: "https://volley.example/notify"
    )

    func login(
        _ root: String,
        _ http: HTTPClient,
        app: LoginApp = app,
        timeout: Duration = .seconds(60)
    ) -> any BrokerLogin {
        let calls = { BrokerCalls(base: root + $0, client: http, timeout: timeout) }
        return switch self {
        case .dhan: DhanLogin(calls: calls("/dhan"), app: app)
        case .zerodha: ZerodhaLogin(calls: calls("/kite"), pages: root + "/kite", app: app)
        case .upstox: UpstoxLogin(calls: calls("/upstox"), pages: root + "/upstox", app: app)
        case .groww: GrowwLogin(calls: calls("/groww/v1"), app: app, clock: HandClock())
        }
    }

    private var adapter: BrokerUnderTest {
        switch self {
        case .dhan: .dhan
        case .zerodha: .zerodha
        case .upstox: .upstox
        case .groww: .groww
        }
    }

    /// How long a session lives at the most.
    var life: SessionLife { adapter.declared.sessionLife }

    /// Runs a test at a sandbox with one account, whose old token is TESTTOKEN.
    func visit(_ body: (LoginFloor) async throws -> Void) async throws {
        let token = self == .zerodha ? "app-key:TESTTOKEN" : "TESTTOKEN"
        try await BrokerFloor<any Broker>.visit(
            account: #"{"client_id":"1000000001","token":"\#(token)","face":"\#(rawValue)"}"#,
            limits: false,
            make: { root, http in
                guard let adapter = adapter.adapter(root, http, timeout: .seconds(60)) else {
                    preconditionFailure("every broker with a login has an adapter")
                }
                return adapter
            },
            { floor in
                if self == .dhan || self == .zerodha {
                    try await floor.control(
                        "POST",
                        "/apps",
                        #"{"face":"\#(rawValue)","redirect_url":"\#(Self.returnURL)"}"#
                    )
                }
                try await body(LoginFloor(broker: self, floor: floor))
            }
        )
    }
}

/// A sandbox with a person who can log in there.
struct LoginFloor: Sendable {
    let broker: LoginUnderTest
    let floor: BrokerFloor<any Broker>

    var adapter: any Broker { floor.broker }

    func login(app: LoginApp = LoginUnderTest.app) -> any BrokerLogin {
        broker.login("http://127.0.0.1:\(floor.sandbox.port)", floor.http, app: app)
    }

    /// What this person's login gives: by the link's page, or by a code.
    func proof(
        of client: String = Sample.client,
        state: String = "state-1",
        by login: (any BrokerLogin)? = nil
    ) async throws -> LoginProof {
        guard broker != .groww else { return .code(Secret("123456"), key: Secret(client)) }
        let back = try await browse(
            (login ?? self.login()).link(state: state, for: client),
            as: client
        )
        #expect(back["state"] == (broker == .dhan ? nil : state))
        return .redirect(back.mapValues { Secret($0) })
    }

    /// Opens a link as a browser does, logs in, and gives the query that the browser comes back with.
    private func browse(_ link: String, as client: String) async throws -> [String: String] {
        var page = try await open(link)
        if page.status == 200 {
            // The person types in who he is.
            let field = broker == .upstox ? "user_id" : "client_id"
            #expect(String(decoding: page.body, as: UTF8.self).contains("name=\"\(field)\""))
            page = try await open(link + "&\(field)=\(client)")
        }
        try #require(page.status == 302)
        let target = try #require(page.header("location"))
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        try #require(parts.count == 2 && parts[0] == LoginUnderTest.returnURL, "\(target)")
        let pairs = parts[1].split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
            return (sides[0], sides.count == 2 ? sides[1] : "")
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private func open(_ url: String) async throws -> HTTPResponse {
        try await floor.http.send(HTTPRequest(method: "GET", url: url, timeout: .seconds(60)))
    }
}

/// What a login failed with; an issue where it did not fail.
func loginFailure<R>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ call: () async throws(LoginFailure) -> R
) async -> LoginFailure? {
    do throws(LoginFailure) {
        _ = try await call()
        Issue.record("the login did not fail", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error
    }
}
