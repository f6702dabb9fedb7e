package import BrokerKit
package import Desk
import JSON
import Trading

/// Dhan's API v2, one file per area of its documents.
///
/// Start with `DhanOrders.swift`. Facts: brokers/dhan.md. What an answer to a placement proves is in
/// `DhanErrors.swift`, nowhere else.
package struct DhanBroker: Broker {
    package let traits = BrokerTraits(
        name: .dhan,
        referenceLength: 30,
        findsByReference: true,
        refusesDuplicates: false,
        visibilityLag: .seconds(30),
        // Orders: 10 a second, 250 a minute, 1,000 an hour, 7,000 a day (DOC-01); modify and cancel
        // count too, so 2 a second are left free for these.
        orderLimits: [
            RateLimit(calls: 8, seconds: 1), RateLimit(calls: 240, seconds: 60),
            RateLimit(calls: 990, seconds: 3_600), RateLimit(calls: 6_900, seconds: 86_400),
        ],
        readLimits: [RateLimit(calls: 20, seconds: 1)]
    )
    let calls: BrokerCalls

    /// Dhan at the place that `calls` names, such as `https://api.dhan.co/v2`.
    package init(calls: BrokerCalls) { self.calls = calls }

    func headers(_ session: BrokerSession) -> [(name: String, value: String)] {
        [
            ("access-token", session.token.reveal()),
            ("client-id", session.brokerClientID),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
        ]
    }

    /// A read's JSON, with what Dhan calls an error thrown as what the caller must do.
    func read(
        _ path: String,
        _ session: BrokerSession,
        method: String = "GET",
        body: [UInt8]? = nil
    ) async throws(BrokerFailure) -> JSONValue {
        let reply = try await calls.read(method, path, headers: headers(session), body: body)
        return try DhanErrors.value(of: reply)
    }
}
