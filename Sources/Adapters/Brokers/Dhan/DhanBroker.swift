package import BrokerKit
package import Desk
import HTTPClient
import JSON

/// Dhan's API v2, one file per area of its documents.
///
/// Start with `DhanOrders.swift`. Facts: brokers/dhan.md. What an answer to a placement proves is
/// declared in `DhanTraits.swift`, nowhere else.
package struct DhanBroker: Broker {
    package let traits = DhanBroker.declared
    let calls: BrokerCalls
    /// Connections that no order or look can take.
    let cancelCalls: BrokerCalls

    /// Dhan at the place that `calls` names, such as `https://api.dhan.co/v2`; cancels go over
    /// connections of their own where `cancelling` has some.
    package init(calls: BrokerCalls, cancelling cancelCalls: BrokerCalls? = nil) {
        self.calls = calls
        self.cancelCalls = cancelCalls ?? calls
    }

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
        body: [UInt8]? = nil,
        egress: String? = nil
    ) async throws(BrokerFailure) -> JSONValue {
        let reply = try await calls.read(
            method,
            path,
            headers: headers(session),
            body: body,
            egress: egress
        )
        return try DhanErrors.value(of: reply)
    }

    /// The answer to a change, which is asked for once and by the account's own way out.
    func change(
        _ method: String,
        _ path: String,
        _ session: BrokerSession,
        body: [UInt8]? = nil
    ) async throws(BrokerFailure) -> JSONValue {
        let reply = try await calls.change(
            method,
            path,
            headers: headers(session),
            body: body,
            egress: session.egress
        )
        // Some changes are answered with a 202 and nothing else.
        if reply.body.isEmpty, (200...299).contains(reply.status) { return .null }
        return try DhanErrors.value(of: reply)
    }

    package var services: BrokerServices {
        var services = BrokerServices()
        services.profile = self
        services.depth = self
        services.margins = self
        services.charges = self
        services.ledger = self
        services.tradeHistory = self
        services.sales = self
        services.killSwitch = self
        services.profitExit = self
        services.addresses = self
        services.conversion = self
        services.exit = self
        services.renewal = self
        return services
    }
}
