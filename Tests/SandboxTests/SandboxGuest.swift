import BrokerFaces
import HTTPClient
import JSON
import Synchronization

/// A clock that only a test moves, in microseconds since 1970.
final class HandClock: Sendable {
    private let time: Atomic<Int64>

    /// Stands at 10:00 on a Friday in India.
    init(_ microseconds: Int64 = 1_795_149_000_000_000) {
        time = Atomic(microseconds)
    }

    var now: Int64 { time.load(ordering: .relaxed) }

    func advance(seconds: Int64) {
        time.add(seconds * 1_000_000, ordering: .relaxed)
    }
}

/// A running sandbox with one account, and a client that calls it over HTTP.
struct SandboxGuest: Sendable {
    static let client = "1000000001"

    let sandbox: Sandbox
    let http: HTTPClient
    var token = "TESTTOKEN"

    var base: String { "http://127.0.0.1:\(sandbox.port)" }

    /// Runs a test against a sandbox of its own, and stops it whatever comes of the test.
    static func visit(
        _ configuration: SandboxConfiguration = quiet,
        account: String = #"{"client_id":"1000000001","token":"TESTTOKEN"}"#,
        _ body: (SandboxGuest) async throws -> Void
    ) async throws {
        let sandbox = Sandbox(configuration: configuration)
        try sandbox.start()
        let http = HTTPClient()
        let guest = SandboxGuest(sandbox: sandbox, http: http)
        do {
            _ = try await guest.control("POST", "/accounts", account)
            try await body(guest)
        } catch {
            await guest.leave()
            throw error
        }
        await guest.leave()
    }

    private func leave() async {
        await http.close()
        await sandbox.stop()
    }

    /// Free ports, an open market and no rate limits.
    static var quiet: SandboxConfiguration {
        var configuration = SandboxConfiguration.ephemeral
        configuration.limits = false
        return configuration
    }

    /// An answer with its body read as JSON, which is null where it is none.
    struct Answer: Sendable {
        let status: Int
        let json: JSONValue
        let body: [UInt8]
        let response: HTTPResponse

        var code: String? { json["errorCode"]?.string }
        var orderID: String { json["orderId"]?.string ?? "" }
    }

    func send(
        _ method: String,
        _ target: String,
        headers: [(name: String, value: String)] = [],
        _ body: String? = nil
    ) async throws -> Answer {
        let response = try await http.send(
            HTTPRequest(
                method: method,
                url: base + target,
                headers: headers + [(name: "Content-Type", value: "application/json")],
                body: body.map { Array($0.utf8) },
                timeout: .seconds(60)
            )
        )
        let json = try? JSONValue(parsing: response.body)
        return Answer(
            status: response.status,
            json: json ?? .null,
            body: response.body,
            response: response
        )
    }

    func dhan(
        _ method: String,
        _ path: String,
        _ body: String? = nil
    ) async throws -> Answer {
        let headers = [
            (name: "access-token", value: token), (name: "client-id", value: Self.client),
        ]
        return try await send(method, "/dhan/v2" + path, headers: headers, body)
    }

    func control(
        _ method: String,
        _ path: String,
        _ body: String? = nil
    ) async throws -> Answer {
        try await send(method, "/control" + path, body)
    }

    func place(_ order: DhanBody = DhanBody()) async throws -> Answer {
        try await dhan("POST", "/orders", order.json)
    }

    func status(of id: String) async throws -> String? {
        try await dhan("GET", "/orders/\(id)").json["orderStatus"]?.string
    }

    /// How many orders the ledger has.
    func booked() async throws -> Int64? {
        try await control("GET", "/ledger/summary").json["booked"]?.int64
    }

    func freeze(_ symbol: String, _ price: String, depth: Int? = nil) async throws {
        let depth = depth.map { ",\"depth\":\($0)" } ?? ""
        _ = try await control(
            "POST",
            "/prices",
            "{\"symbol\":\"\(symbol)\",\"price\":\"\(price)\",\"frozen\":true\(depth)}"
        )
    }
}

/// The body of a placement, as the official SDK writes it.
struct DhanBody {
    var side = "BUY"
    var product = "CNC"
    var type = "LIMIT"
    var validity = "DAY"
    var segment = "NSE_EQ"
    var security = "\"2885\""
    var quantity = "5"
    var disclosed = "0"
    var price = "2900.0"
    var trigger = "0.0"
    var afterMarket = "false"
    var reference: String?
    var client = SandboxGuest.client

    var json: String {
        let reference = reference.map { "\"correlationId\":\"\($0)\"," } ?? ""
        return """
            {"transactionType":"\(side)","exchangeSegment":"\(segment)","productType":"\(product)",
            "orderType":"\(type)","validity":"\(validity)","securityId":\(security),
            "quantity":\(quantity),"disclosedQuantity":\(disclosed),"price":\(price),
            "afterMarketOrder":\(afterMarket),"boProfitValue":null,"boStopLossValue":null,
            "triggerPrice":\(trigger),\(reference)"dhanClientId":"\(client)"}
            """
    }

    func with(_ change: (inout DhanBody) -> Void) -> DhanBody {
        var copy = self
        change(&copy)
        return copy
    }
}
