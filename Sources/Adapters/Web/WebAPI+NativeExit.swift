import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// The broker's own exit from all positions, asked for by somebody who repeats whose they are.
    ///
    /// Our own orders there may end by it, and conditional ones may have lost their purpose: all are
    /// looked at at once, whatever the answer was.
    func exitPositions(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        let account = doing.account
        let reason = try Self.reason(request)
        guard request.query("confirm") == account.brokerClientID else {
            throw Problem.invalid(
                "confirm",
                "required",
                "confirm must repeat the account's number at its broker, all of whose positions go."
            )
        }
        let action = doing.action(.nativeExit, reason, [("confirm", account.brokerClientID)])
        return try await answering(account.broker) { ask in
            defer { hint(account: account.id) }
            let (reach, receipt) = try await ask.change(action, by: doing.actor, { $0.exit }) {
                service,
                session throws(BrokerFailure) in
                (service.reach, try await service.exitPositions(session))
            }
            return .json { $0.nativeExit(reach, receipt) }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func nativeExit(
        _ reach: NativeExitReach,
        _ receipt: NativeExitReceipt
    ) {
        beginObject()
        field("reach", reach.rawValue)
        key("broker_order_ids")
        beginArray()
        for order in receipt.orders { string(order) }
        endArray()
        fieldOrNull("words", receipt.words)
        endObject()
    }
}
