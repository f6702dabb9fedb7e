package import BrokerKit
package import Desk
import JSON

/// Zerodha's Kite Connect v3, one file per area of its documents.
///
/// Start with `ZerodhaOrders.swift`. Facts: brokers/kite.md. What an answer to a placement proves is
/// declared in `ZerodhaTraits.swift`, nowhere else. A session's token is the pair
/// `api_key:access_token` as one secret: a call needs both, and neither is of use without the other.
package struct ZerodhaBroker: Broker {
    package let traits = ZerodhaBroker.declared
    let calls: BrokerCalls
    /// Connections that no order or look can take.
    let cancelCalls: BrokerCalls
    /// Tells when a session ends, which Kite does not say; nil: nobody asks.
    let clock: (any WallClock)?

    /// Kite at the place that `calls` names, such as `https://api.kite.trade`; cancels go over
    /// connections of their own where `cancelling` has some.
    package init(
        calls: BrokerCalls,
        cancelling cancelCalls: BrokerCalls? = nil,
        clock: (any WallClock)? = nil
    ) {
        self.calls = calls
        self.cancelCalls = cancelCalls ?? calls
        self.clock = clock
    }

    func headers(_ session: BrokerSession) -> [(name: String, value: String)] {
        [
            ("X-Kite-Version", "3"),
            ("Authorization", "token " + session.token.reveal()),
            ("Accept", "application/json"),
        ]
    }

    /// What a read has under `data`, with what Kite calls an error thrown as what the caller must do.
    func read(_ path: String, _ session: BrokerSession) async throws(BrokerFailure) -> JSONValue {
        let reply = try await calls.read("GET", path, headers: headers(session))
        return try ZerodhaErrors.data(of: reply)
    }

    /// The answer to a question that is asked by a JSON body, as only margins and charges are.
    func ask(_ path: String, _ body: [UInt8], _ session: BrokerSession)
        async throws(BrokerFailure) -> JSONValue
    {
        let reply = try await calls.read(
            "POST",
            path,
            headers: headers(session) + [("Content-Type", "application/json")],
            body: body
        )
        return try ZerodhaErrors.data(of: reply)
    }

    /// The answer to a change by a form, which is asked for once and by the account's own way out.
    func change(_ method: String, _ path: String, _ form: FormBody, _ session: BrokerSession)
        async throws(BrokerFailure) -> JSONValue
    {
        let reply = try await calls.change(
            method,
            path,
            headers: headers(session) + [("Content-Type", "application/x-www-form-urlencoded")],
            body: form.bytes,
            egress: session.egress
        )
        return try ZerodhaErrors.data(of: reply)
    }

    package var services: BrokerServices {
        var services = BrokerServices()
        services.profile = self
        services.depth = self
        services.margins = self
        services.charges = self
        services.sales = self
        services.conversion = self
        services.sessionEnd = self
        services.auctions = self
        return services
    }
}
