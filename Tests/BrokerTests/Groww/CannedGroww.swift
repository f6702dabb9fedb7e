import BrokerKit
import Groww

/// Groww's adapter before answers by method and path, such as `GET /order/list`: the last of each list
/// is given again and again.
enum CannedGroww {
    static func visit(
        _ answers: [String: [Canned]],
        _ body: (GrowwBroker, CannedBroker) async throws -> Void
    ) async throws {
        try await CannedBroker.visit(
            answers,
            below: "/v1",
            adapter: { GrowwBroker(calls: $0("/v1")) },
            body
        )
    }
}

extension Canned {
    /// A payload in Groww's envelope.
    static func payload(_ members: String) -> Canned {
        Canned(#"{"status":"SUCCESS","payload":\#(members)}"#)
    }

    static func failure(_ code: String, status: Int) -> Canned {
        let error = #"{"code":"\#(code)","message":"why","metadata":null}"#
        return Canned(#"{"status":"FAILURE","error":\#(error)}"#, status: status)
    }
}
