import BrokerKit
import Desk
import Groww

/// A floor with Groww's adapter.
typealias GrowwFloor = BrokerFloor<GrowwBroker>

extension GrowwFloor {
    static func visit(
        account: String = #"{"client_id":"1000000001","token":"TESTTOKEN","face":"groww"}"#,
        limits: Bool = false,
        _ body: (GrowwFloor) async throws -> Void
    ) async throws {
        try await visit(
            account: account,
            limits: limits,
            make: { root, http in
                GrowwBroker(
                    calls: BrokerCalls(
                        base: root + "/groww/v1/",
                        client: http,
                        timeout: .seconds(60)
                    )
                )
            },
            body
        )
    }
}
