import BrokerKit
import Desk
import Trading
import Upstox

/// A floor with Upstox's adapter.
typealias UpstoxFloor = BrokerFloor<UpstoxBroker>

extension UpstoxFloor {
    /// RELIANCE, as Upstox names it.
    static let reliance = BrokerInstrument(
        instrument: Sample.instrument.id,
        segment: "NSE_EQ",
        code: "INE002A01018"
    )

    static func visit(
        account: String = #"{"face":"upstox","client_id":"1000000001","token":"TESTTOKEN"}"#,
        limits: Bool = false,
        _ body: (UpstoxFloor) async throws -> Void
    ) async throws {
        try await Sample.$listing.withValue(reliance) {
            try await visit(
                account: account,
                limits: limits,
                make: { root, http in
                    let calls = BrokerCalls(
                        base: root + "/upstox/",
                        client: http,
                        timeout: .seconds(60)
                    )
                    return UpstoxBroker(hosts: UpstoxHosts(reads: calls, orders: calls))
                },
                body
            )
        }
    }
}
