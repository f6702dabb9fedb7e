package import BrokerKit
package import Desk
import JSON

/// Upstox's API v2 and v3, one file per area of its documents.
///
/// Start with `UpstoxOrders.swift`. Facts: brokers/upstox.md. What an answer to a placement proves
/// is declared in `UpstoxTraits.swift`, nowhere else.
package struct UpstoxBroker: Broker {
    package let traits = UpstoxBroker.declared
    let hosts: UpstoxHosts
    /// Connections that no order or look can take.
    let cancelHosts: UpstoxHosts

    /// Upstox at these hosts; cancels go over connections of their own where `cancelling` has some.
    package init(hosts: UpstoxHosts, cancelling cancelHosts: UpstoxHosts? = nil) {
        self.hosts = hosts
        self.cancelHosts = cancelHosts ?? hosts
    }

    static func headers(_ session: BrokerSession) -> [(name: String, value: String)] {
        [
            ("Authorization", "Bearer " + session.token.reveal()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
        ]
    }

    /// What a read's answer holds, with what Upstox calls an error thrown as what the caller must
    /// do.
    func read(_ path: String, _ session: BrokerSession) async throws(BrokerFailure) -> JSONValue {
        let reply = try await hosts.reads.read("GET", path, headers: Self.headers(session))
        return try UpstoxErrors.data(of: reply)
    }

    /// The answer to a question that is asked by a body.
    func ask(_ path: String, _ body: [UInt8], _ session: BrokerSession)
        async throws(BrokerFailure) -> JSONValue
    {
        let reply = try await hosts.reads.read(
            "POST",
            path,
            headers: Self.headers(session),
            body: body
        )
        return try UpstoxErrors.data(of: reply)
    }

    /// The answer to a change, which is asked for once and by the account's own way out.
    func change(_ method: String, _ path: String, _ body: [UInt8], _ session: BrokerSession)
        async throws(BrokerFailure) -> JSONValue
    {
        let reply = try await hosts.reads.change(
            method,
            path,
            headers: Self.headers(session),
            body: body,
            egress: session.egress
        )
        return try UpstoxErrors.data(of: reply)
    }

    package var services: BrokerServices {
        var services = BrokerServices()
        services.profile = self
        services.depth = self
        services.margins = self
        services.charges = self
        services.tradeHistory = self
        services.sales = self
        services.killSwitch = self
        services.addresses = self
        services.conversion = self
        services.exit = self
        services.profitReport = self
        services.sessionEnd = self
        services.payments = self
        return services
    }
}

/// Upstox's two hosts (upstox.md §1): one for orders to be placed and cancelled, one for the rest.
package struct UpstoxHosts: Sendable {
    let reads: BrokerCalls
    let orders: BrokerCalls

    /// Such as `https://api.upstox.com` for reads and `https://api-hft.upstox.com` for orders.
    package init(reads: BrokerCalls, orders: BrokerCalls) {
        self.reads = reads
        self.orders = orders
    }
}
