package import BrokerKit
package import Desk
import JSON

/// Groww's Trading API v1, one file per area of its documents.
///
/// Start with `GrowwOrders.swift`. Facts: brokers/groww.md. What an answer to a placement proves is
/// declared in `GrowwTraits.swift`, nowhere else.
package struct GrowwBroker: Broker {
    package let traits = GrowwBroker.declared
    let calls: BrokerCalls
    /// Connections that no order or look can take.
    let cancelCalls: BrokerCalls

    /// Groww at the place that `calls` names, such as `https://api.groww.in/v1`.
    ///
    /// Cancels go over connections of their own where `cancelling` has some.
    package init(calls: BrokerCalls, cancelling cancelCalls: BrokerCalls? = nil) {
        self.calls = calls
        self.cancelCalls = cancelCalls ?? calls
    }

    func headers(_ session: BrokerSession) -> [(name: String, value: String)] {
        [
            ("Authorization", "Bearer " + session.token.reveal()),
            ("X-API-VERSION", "1.0"),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
        ]
    }

    /// A read's payload, with what Groww calls a failure thrown as what the caller must do.
    func read(_ path: String, _ session: BrokerSession) async throws(BrokerFailure) -> JSONValue {
        let reply = try await calls.read("GET", path, headers: headers(session))
        return try GrowwErrors.payload(of: reply)
    }

    package var services: BrokerServices {
        var services = BrokerServices()
        services.profile = self
        services.depth = self
        services.margins = self
        services.charges = self
        services.sales = self
        return services
    }
}

/// Groww's three names for an instrument: exchange, segment and the exchange's symbol.
struct GrowwListing {
    /// Where nothing else is said: shares, which are all that the instrument list gives.
    static let defaultSegment = "CASH"

    let exchange: String
    let segment: String
    let symbol: String

    /// Nil where the segment is not written as ours are: `NSE_CASH`.
    init?(_ instrument: BrokerInstrument?) {
        guard let instrument, !instrument.code.isEmpty else { return nil }
        let parts = instrument.segment.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        exchange = String(parts[0])
        segment = String(parts[1])
        symbol = instrument.code
    }

    /// The segment that look-ups and cancels of this session's order must name.
    static func segment(_ session: BrokerSession) -> String {
        GrowwListing(session.instrument)?.segment ?? defaultSegment
    }
}
