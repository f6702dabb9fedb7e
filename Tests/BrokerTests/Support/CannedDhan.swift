import BrokerKit
import Dhan

/// Dhan's adapter before answers by method and path, such as `GET /orders`.
enum CannedDhan {
    static func visit(
        _ answers: [String: Canned],
        _ body: (DhanBroker, CannedBroker) async throws -> Void
    ) async throws {
        try await CannedBroker.visit(
            answers.mapValues { [$0] },
            below: "/v2",
            adapter: { DhanBroker(calls: $0("/v2")) },
            body
        )
    }
}
