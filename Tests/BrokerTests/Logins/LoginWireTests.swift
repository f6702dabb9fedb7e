import Desk
import FoundationEssentials
import HTTPServer
import JSON
import Testing
import Trading

/// What logins send, held against the captured calls of the official SDKs, and what they make of
/// answers that are of no use.
@Suite("Logins at brokers: wire form", .timeLimit(.minutes(20)))
struct LoginWireTests {
    /// A captured call of a login, and how ours comes to be made.
    struct Case: Sendable, CustomTestStringConvertible {
        let broker: LoginUnderTest
        let call: String
        let app: LoginApp
        /// Nil where the call is the one that makes the link.
        let proof: LoginProof?
        var testDescription: String { call }
    }

    private static func app(_ key: String, _ secret: String) -> LoginApp {
        LoginApp(key: Secret(key), secret: Secret(secret), returnURL: "http://127.0.0.1/cb")
    }

    private static func back(_ values: [String: String]) -> LoginProof {
        .redirect(values.mapValues { Secret($0) })
    }

    static let cases = [
        Case(
            broker: .dhan,
            call: "generate_login_session",
            app: app("app-id", "app-secret"),
            proof: nil
        ),
        Case(
            broker: .dhan,
            call: "consume_token_id",
            app: app("app-id", "app-secret"),
            proof: back(["tokenId": "tok-1"])
        ),
        Case(
            broker: .dhan,
            call: "generate_token",
            app: LoginApp(key: nil, secret: nil, returnURL: nil),
            proof: .pin(Secret("1234"), code: Secret("654321"), of: "1000000001")
        ),
        Case(
            broker: .zerodha,
            call: "generate_session",
            app: app("apikey", "secret"),
            proof: back(["request_token": "reqtok", "status": "success"])
        ),
        Case(
            broker: .upstox,
            call: "token",
            app: app("cid", "csec"),
            proof: back(["code": "code"])
        ),
        Case(
            broker: .groww,
            call: "get_access_token.totp",
            app: app("APIKEY", "s"),
            proof: .code(Secret("123456"), key: nil)
        ),
    ]

    @Test("A login is written as the official SDK writes it", arguments: cases)
    func written(_ item: Case) async throws {
        let captured = try Self.captured(item.broker, item.call)
        try await CannedLogin.visit(item.broker, app: item.app, status: 500, answer: { _ in "" }) {
            login,
            canned in
            _ = await loginFailure { () async throws(LoginFailure) in
                guard let proof = item.proof else {
                    _ = try await login.link(state: "s", for: "1000000001")
                    return
                }
                _ = try await login.session(from: proof)
            }
            let sent = try #require(canned.requests.first)
            #expect(canned.requests.count == 1)
            #expect(sent.method == captured["method"]?.string)
            #expect(sent.path.hasSuffix(captured["path"]?.string ?? "?"))
            let query = (captured["query"]?.array ?? []).map { $0[1]?.string ?? "" }
            #expect(sent.query.map(\.value) == query)
            for name in ["app_id", "app_secret", "content-type", "x-kite-version", "x-api-version"]
            {
                #expect(sent.header(name) == Self.header(name, captured), "\(name)")
            }
            if item.broker == .groww {
                #expect(sent.header("authorization") == "Bearer APIKEY")
                #expect(try JSONValue(parsing: sent.body) == captured["body_json"])
            } else {
                #expect(String(decoding: sent.body, as: UTF8.self) == captured["body"]?.string)
            }
        }
    }

    @Test("A login that is not answered is not tried again", arguments: LoginUnderTest.allCases)
    func once(_ broker: LoginUnderTest) async throws {
        for (status, text) in [
            (500, ""), (502, "<html>bad gateway</html>"), (200, "<html>"), (200, "{}"),
            (200, #"{"status":"success","data":{}}"#),
        ] {
            try await CannedLogin.visit(broker, status: status, answer: { _ in text }) {
                login,
                canned in
                let failed = await loginFailure { () async throws(LoginFailure) in
                    try await login.session(from: Self.proof(broker))
                }
                guard case .unanswered = failed else {
                    Issue.record("\(status) \(text): \(String(describing: failed))")
                    return
                }
                #expect(canned.requests.count == 1)
            }
        }
    }

    @Test("A broker that repeats what it was sent makes no error tell a secret")
    func echo() async throws {
        let secrets = ["app-key-0", "app-secret-0", "given-token-0"]
        let app = LoginApp(
            key: Secret(secrets[0]),
            secret: Secret(secrets[1]),
            returnURL: LoginUnderTest.returnURL
        )
        for broker in LoginUnderTest.allCases {
            try await CannedLogin.visit(
                broker,
                app: app,
                status: 400,
                answer: { Self.complaint(broker, about: $0) }
            ) { login, _ in
                let failed = await loginFailure { () async throws(LoginFailure) in
                    try await login.session(from: Self.proof(broker))
                }
                let words = String(describing: failed)
                #expect(words.contains("refused") && words.contains("[redacted]"), "\(broker)")
                for secret in secrets { #expect(!words.contains(secret), "\(broker): \(words)") }
            }
        }
    }

    private static func proof(_ broker: LoginUnderTest) -> LoginProof {
        let given = "given-token-0"
        return switch broker {
        case .dhan: back(["tokenId": given])
        case .zerodha: back(["request_token": given, "status": "success"])
        case .upstox: back(["code": given])
        case .groww: .code(Secret(given), key: nil)
        }
    }

    /// An error in the broker's own shape, with all of the request in it.
    private static func complaint(_ broker: LoginUnderTest, about request: HTTPServerRequest)
        -> String
    {
        let headers = request.headers.map { $0.value }.joined(separator: " ")
        let query = request.query.map { $0.value }.joined(separator: " ")
        let heard = String(decoding: request.body, as: UTF8.self) + " " + query + " " + headers
        let words = JSONValue.string(heard)
        let value: JSONValue =
            switch broker {
            case .dhan: ["errorCode": "DH-905", "errorMessage": words]
            case .zerodha:
                ["status": "error", "error_type": "InputException", "message": words]
            case .upstox:
                ["status": "error", "errors": [["errorCode": "UDAPI100068", "message": words]]]
            case .groww: ["error": ["code": "GA001", "displayMessage": words]]
            }
        return String(decoding: value.serialized(), as: UTF8.self)
    }

    private static func header(_ name: String, _ captured: JSONValue) -> String? {
        captured["headers"]?.array?.first { $0[0]?.string?.lowercased() == name }?[1]?.string
    }

    private static func captured(
        _ broker: LoginUnderTest,
        _ call: String,
        file: String = #filePath
    ) throws -> JSONValue {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Payloads/\(broker.rawValue)/sdk-requests.jsonl"
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        let lines = try contents.split(separator: UInt8(ascii: "\n")).map {
            try JSONValue(parsing: Array($0))
        }
        return try #require(lines.first { $0["call"]?.string == call })
    }
}
