import BrokerFaces
import BrokerKit
import Desk
import HTTPClient
import JSON
import ServerTesting
import Testing
import Trading

/// A sandbox of one test's own with one account, an adapter in front of it, and the control face.
struct BrokerFloor<Adapter: Sendable>: Sendable {
    let broker: Adapter
    let sandbox: Sandbox
    let clock: HandClock
    let http: HTTPClient

    /// Runs a test, and stops everything whatever comes of it.
    ///
    /// `account` is as the control face takes it, with its face; `make` gives the adapter at a
    /// sandbox whose root is given, such as `http://127.0.0.1:1`.
    static func visit(
        account: String,
        limits: Bool,
        make: (_ root: String, HTTPClient) -> Adapter,
        _ body: (BrokerFloor) async throws -> Void
    ) async throws {
        try await Gate.sandboxes.hold {
            try await open(account: account, limits: limits, make: make, body)
        }
    }

    private static func open(
        account: String,
        limits: Bool,
        make: (_ root: String, HTTPClient) -> Adapter,
        _ body: (BrokerFloor) async throws -> Void
    ) async throws {
        let clock = HandClock()
        var configuration = SandboxConfiguration.ephemeral
        configuration.limits = limits
        configuration.clock = { clock.microseconds }
        let sandbox = Sandbox(configuration: configuration)
        try sandbox.start()
        let http = HTTPClient()
        let floor = BrokerFloor(
            broker: make("http://127.0.0.1:\(sandbox.port)", http),
            sandbox: sandbox,
            clock: clock,
            http: http
        )
        let outcome: Result<Void, any Error>
        do {
            try await floor.control("POST", "/accounts", account)
            try await floor.price("RELIANCE", "2950.00")
            outcome = .success(try await body(floor))
        } catch {
            outcome = .failure(error)
        }
        await http.close()
        await sandbox.stop()
        try outcome.get()
    }

    /// Asks the sandbox's control face.
    @discardableResult
    func control(_ method: String, _ path: String, _ body: String? = nil) async throws -> JSONValue
    {
        let response = try await http.send(
            HTTPRequest(
                method: method,
                url: "http://127.0.0.1:\(sandbox.port)/control" + path,
                headers: [(name: "Content-Type", value: "application/json")],
                body: body.map { Array($0.utf8) },
                timeout: .seconds(60),
                repeatable: method == "GET"
            )
        )
        try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
        return try JSONValue(parsing: response.body)
    }

    /// Freezes a price; `depth` shares are offered at each tick beyond it.
    func price(_ symbol: String, _ price: String, depth: Int? = nil) async throws {
        let depth = depth.map { ",\"depth\":\($0)" } ?? ""
        try await control(
            "POST",
            "/prices",
            #"{"symbol":"\#(symbol)","price":"\#(price)","frozen":true\#(depth)}"#
        )
    }

    /// Makes the next placement go wrong.
    func fault(_ kind: String, milliseconds: Int? = nil) async throws {
        let milliseconds = milliseconds.map { ",\"milliseconds\":\($0)" } ?? ""
        try await control(
            "POST",
            "/faults",
            #"{"kind":"\#(kind)","placing":true,"times":1\#(milliseconds)}"#
        )
    }

    /// How many orders the ledger has, hidden ones and all.
    func booked() async throws -> Int64 {
        try #require(try await control("GET", "/ledger/summary")["booked"]?.int64)
    }

    /// The ledger's orders of one reference.
    func ledger(_ reference: String) async throws -> [JSONValue] {
        try await control("GET", "/ledger?reference=" + reference)["orders"]?.array ?? []
    }
}
