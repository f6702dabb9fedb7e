import BrokerKit
import Desk
import Dhan
import JSON

/// A floor with Dhan's adapter.
typealias DhanFloor = BrokerFloor<DhanBroker>

extension DhanFloor {
    static func visit(
        account: String = #"{"client_id":"1000000001","token":"TESTTOKEN"}"#,
        limits: Bool = false,
        timeout: Duration = .seconds(60),
        _ body: (DhanFloor) async throws -> Void
    ) async throws {
        try await visit(
            account: account,
            limits: limits,
            make: { root, http in
                DhanBroker(
                    calls: BrokerCalls(base: root + "/dhan/v2/", client: http, timeout: timeout)
                )
            },
            body
        )
    }

    /// How often last prices were asked for.
    func quoteCalls() async throws -> Int64 {
        let calls = try await control("GET", "/calls")["calls"]?.array ?? []
        let quotes = calls.first { $0["call"]?.string == "POST /marketfeed/ltp" }
        return quotes?["count"]?.int64 ?? 0
    }
}
