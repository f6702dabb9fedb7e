import BrokerKit
import Desk
import FoundationEssentials
import HTTPClient
import HTTPServer
import JSON
import Synchronization
import Testing
import Trading

/// What the adapters ask of accounts, held against what the official SDKs were seen to send.
@Suite("Services: wire form", .timeLimit(.minutes(20)))
struct ServicesWireTests {
    /// One captured call, what the broker is to answer, and the question that must look like it.
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: BrokerUnderTest
        let call: String
        /// By method and path; what else the adapter asks first is answered here too.
        let answers: [String: String]
        /// Members of which ours are meant to differ.
        var except: Set<String> = []
        /// Members of the query that ours leaves out.
        var exceptQuery: Set<String> = []
        let ask: @Sendable (BrokerServices, BrokerSession) async throws -> Void
        var testDescription: String { "\(kind.rawValue): \(call)" }
    }

    @Test("A question is written as the official SDK writes it", arguments: Self.cases)
    func wire(_ one: Case) async throws {
        let captured = try Captured(one.kind, one.call)
        let seen = Mutex<[HTTPServerRequest]>([])
        let routes = one.answers.map { call, answer in
            let parts = call.split(separator: " ").map(String.init)
            return HTTPRoute(parts[0], one.kind.mount + parts[1]) { request in
                seen.withLock { $0.append(request) }
                return HTTPServerResponse(
                    status: 200,
                    headers: [("Content-Type", "application/json")],
                    body: .bytes(Array(answer.utf8))
                )
            }
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        let http = HTTPClient()
        let root = "http://127.0.0.1:\(server.port)"
        let broker = try #require(one.kind.adapter(root, http, timeout: .seconds(60)))
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await one.ask(broker.services, Sample.session()))
        } catch { outcome = .failure(error) }
        await http.close()
        await server.stop(grace: .seconds(5))
        try outcome.get()
        let sent = try #require(
            seen.withLock { $0 }.last {
                $0.method == captured.method && $0.path == one.kind.mount + captured.path
            },
            "\(captured.method) \(captured.path) was not asked"
        )
        let query = Dictionary(sent.query.map { ($0.name, $0.value) }) { $1 }
        let theirs = captured.query.filter { !one.exceptQuery.contains($0.key) }
        #expect(query.mapValues(Self.plain) == theirs.mapValues(Self.plain))
        if let theirs = captured.json {
            try expectSame(try JSONValue(parsing: sent.body), theirs, one.except)
        } else {
            #expect(Self.pairs(String(decoding: sent.body, as: UTF8.self)) == captured.form)
        }
    }

    /// Each member of the one is one of the other, with the same type and value.
    private func expectSame(_ ours: JSONValue, _ theirs: JSONValue, _ except: Set<String>) throws {
        switch (ours, theirs) {
        case (.object(let left), .object(let right)):
            #expect(Set(left.keys) == Set(right.keys))
            for key in right.keys where !except.contains(key) {
                try expectSame(left[key] ?? .null, right[key] ?? .null, except)
            }
        case (.array(let left), .array(let right)):
            #expect(left.count == right.count)
            for (one, other) in zip(left, right) { try expectSame(one, other, except) }
        case (.number(let left), .number(let right)):
            #expect(left.scaled(4) == right.scaled(4))
        default: #expect(ours == theirs)
        }
    }

    /// A number without the zeros behind its point: 100.00 and 100.0 are one price.
    private static func plain(_ text: String) -> String {
        guard text.contains("."), JSONNumber(text) != nil else { return text }
        let digits = text.reversed().drop { $0 == "0" }
        return String(String(digits.drop { $0 == "." }).reversed())
    }

    fileprivate static func pairs(_ form: String) -> [String] {
        form.split(separator: "&").map(String.init).sorted()
    }
}

/// One captured request of an official SDK, taken apart.
private struct Captured {
    let method: String
    let path: String
    let query: [String: String]
    /// Nil where the body is a form, or there is none.
    let json: JSONValue?
    let form: [String]

    struct Missing: Error {
        let call: String
    }

    init(_ kind: BrokerUnderTest, _ call: String, file: String = #filePath) throws {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let payloads = "/\(folder)/Payloads/\(kind.rawValue)/"
        let names = ["sdk-requests.jsonl"] + (kind == .upstox ? ["sdk-reports.jsonl"] : [])
        let lines = try names.flatMap {
            try Data(contentsOf: URL(fileURLWithPath: payloads + $0)).split(separator: 10)
        }
        for line in lines {
            let row = try JSONValue(parsing: Array(line))
            guard row["call"]?.string == call else { continue }
            method = row["method"]?.string ?? ""
            self.path = row["path"]?.string ?? ""
            query = Dictionary(
                (row["query"]?.array ?? []).map { ($0[0]?.string ?? "", $0[1]?.string ?? "") }
            ) { $1 }
            json = row["body_json"].flatMap { $0.isNull ? nil : $0 }
            form = ServicesWireTests.pairs(json == nil ? row["body"]?.string ?? "" : "")
            return
        }
        throw Missing(call: call)
    }
}

extension BrokerUnderTest {
    /// What the adapter at a sandbox puts before the broker's own paths.
    fileprivate var mount: String {
        switch self {
        case .dhan: "/dhan"
        case .zerodha: "/kite"
        case .upstox: "/upstox"
        case .groww: "/groww"
        case .paper: ""
        }
    }
}
