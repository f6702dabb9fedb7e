import BrokerKit
import Upstox

/// Upstox's adapter before answers by method and path, such as `GET /api/v2/order/retrieve-all`.
///
/// Orders go to `/hft`, reads to `/api`, as they go to two hosts outside.
enum CannedUpstox {
    static func visit(
        _ answers: [String: Canned],
        _ body: (UpstoxBroker, CannedBroker) async throws -> Void
    ) async throws {
        try await CannedBroker.visit(
            answers.mapValues { [$0] },
            adapter: { calls in
                UpstoxBroker(hosts: UpstoxHosts(reads: calls("/api"), orders: calls("/hft")))
            },
            body
        )
    }
}
