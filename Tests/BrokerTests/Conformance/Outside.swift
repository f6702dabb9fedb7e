import BrokerFaces
import Desk
import DeskTesting
import HTTPClient
import JSON
import ServerTesting
import Telemetry
import Testing
import Trading

/// One adapter between the desk and its simulated broker: real HTTP on loopback, one clock by hand.
///
/// The control face is asked over connections of its own, so that the adapter's can be counted.
struct Outside: Sendable {
    let broker: any Broker
    /// The same adapter over the same connections, but soon tired of waiting for an answer.
    let hasty: any Broker
    let clock: ManualClock
    let store: MemoryStore
    let trader: TraderID
    let instrument: Instrument
    private let name: BrokerName
    private let control: HTTPClient
    private let port: Int
    private let connections: Counter

    /// How long a hasty adapter waits; a fault that holds an answer back does so for longer.
    static let haste: Duration = .seconds(3)
    static let client = "D1"
    static let token = "token-of-1"

    /// Runs a test, and stops everything whatever comes of it; `route` gives the port that the
    /// adapter is to call in place of the sandbox's own.
    static func visit(
        _ kind: BrokerUnderTest,
        through route: (_ port: Int) throws -> Int = { $0 },
        _ body: (Outside) async throws -> Void
    ) async throws {
        try await Gate.sandboxes.hold { try await open(kind, through: route, body) }
    }

    private static func open(
        _ kind: BrokerUnderTest,
        through route: (_ port: Int) throws -> Int,
        _ body: (Outside) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        var configuration = SandboxConfiguration.ephemeral
        configuration.limits = false
        configuration.clock = { clock.now().microseconds }
        let sandbox = Sandbox(configuration: configuration)
        try sandbox.start()
        let metrics = Metrics()
        let http = HTTPClient(HTTPClientConfiguration(), metrics: metrics)
        let control = HTTPClient()
        let outcome: Result<Void, any Error>
        do {
            let outside = try Outside(
                kind,
                clock,
                http,
                control,
                port: (sandbox.port, try route(sandbox.port)),
                metrics
            )
            try await outside.prepare()
            outcome = .success(try await body(outside))
        } catch {
            outcome = .failure(error)
        }
        await http.close()
        await control.close()
        await sandbox.stop()
        try outcome.get()
    }

    private init(
        _ kind: BrokerUnderTest,
        _ clock: ManualClock,
        _ http: HTTPClient,
        _ control: HTTPClient,
        port: (own: Int, called: Int),
        _ metrics: Metrics
    ) throws {
        let root = "http://127.0.0.1:\(port.called)"
        broker = try #require(kind.adapter(root, http, timeout: .seconds(60)))
        hasty = try #require(kind.adapter(root, http, timeout: Self.haste))
        name = broker.traits.name
        self.clock = clock
        self.control = control
        self.port = port.own
        connections = metrics.counter("http_client_connections_total", help: "Connections opened")
        store = MemoryStore(clock: clock)
        trader = store.addTrader()
        instrument = store.addInstrument(
            "RELIANCE",
            listedBy: [name],
            segment: kind.listing.segment,
            code: kind.listing.code
        )
        _ = store.addClient("1", of: trader, broker: name)
    }

    private func prepare() async throws {
        try await connect(token: Self.token)
        try await price("2950.00")
    }

    // MARK: The simulated broker

    /// Gives the client's account at the broker this token, and no other.
    func connect(token: String) async throws {
        try await ask(
            "POST",
            "/accounts",
            #"{"client_id":"\#(Self.client)","token":"\#(token)","face":"\#(name.rawValue)"}"#
        )
    }

    func price(_ rupees: String) async throws {
        try await ask(
            "POST",
            "/prices",
            #"{"symbol":"RELIANCE","price":"\#(rupees)","frozen":true}"#
        )
    }

    /// Lets the next placement suffer a fault of this kind, with members of the rule's own.
    func fault(_ kind: String, _ members: String = "") async throws {
        try await ask(
            "POST",
            "/faults",
            #"{"kind":"\#(kind)","placing":true,"times":1\#(members.isEmpty ? "" : ",")\#(members)}"#
        )
    }

    /// What the simulated broker has in its ledger, hidden orders and all.
    func ledger() async throws -> [JSONValue] {
        try await ask("GET", "/ledger")["orders"]?.array ?? []
    }

    /// Placements that came in over the wire, whatever became of them.
    func placements() async throws -> Int64? {
        try await ask("GET", "/calls")["placements"]?.int64
    }

    /// Asks the control face.
    @discardableResult
    func ask(_ method: String, _ path: String, _ body: String? = nil) async throws -> JSONValue {
        let response = try await control.send(
            HTTPRequest(
                method: method,
                url: "http://127.0.0.1:\(port)/control" + path,
                headers: [(name: "Content-Type", value: "application/json")],
                body: body.map { Array($0.utf8) },
                timeout: .seconds(60)
            )
        )
        try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
        return try JSONValue(parsing: response.body)
    }

    // MARK: The wire

    /// Connections that the adapter has opened so far.
    var connectionsOpened: Int { connections.value() }

    /// Opens the connection that the next order then goes out on.
    func warmUp() async throws {
        _ = try await broker.check(session())
    }

    func session(token: String = Outside.token) -> BrokerSession {
        BrokerSession(
            account: nil,
            brokerClientID: Self.client,
            token: Secret(token),
            egress: nil,
            instrument: nil
        )
    }
}
