import BrokerKit
import Zerodha

/// Zerodha's adapter before answers by method and path, such as `GET /orders`.
enum CannedZerodha {
    static func visit(
        _ answers: [String: Canned],
        _ body: (ZerodhaBroker, CannedBroker) async throws -> Void
    ) async throws {
        try await CannedBroker.visit(
            answers.mapValues { [$0] },
            adapter: { ZerodhaBroker(calls: $0("")) },
            body
        )
    }
}

extension Canned {
    static func error(_ type: String, status: Int) -> Canned {
        let body = #"{"status":"error","message":"why","error_type":"\#(type)","data":null}"#
        return Canned(body, status: status)
    }
}
