import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// Change an order that rests at its broker; and what became of the change.
    var modificationRoutes: [HTTPRoute] {
        [
            route("PATCH", "/api/v1/orders/{id}") { try await modifyOrder($0) },
            route("GET", "/api/v1/modifications/{id}") { try await showModification($0) },
        ]
    }

    private func modifyOrder(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let order = try request.id("id", of: IntentID.self)
        // Whose order it is not hears nothing of what a change may say.
        guard let found = try await stores.orders.order(order),
            caller.role == .admin || found.trader == caller.trader
        else { throw Problem.notFound }
        let body = try ModificationBody(request)
        let asked = try await submitModification(
            ModificationRequest(
                trader: caller.trader,
                user: caller.user,
                address: request.remoteAddress,
                idempotencyKey: try Self.idempotencyKey(request),
                bodyHash: body.hash(of: order),
                order: order,
                wish: body.wish
            )
        )
        switch asked {
        case .created(let change, let job):
            logger.notice(
                "a change of an order asked",
                [
                    LogField("modification", change.id), LogField("intent", job.intent),
                    LogField("user", caller.user),
                ]
            )
            return Self.accepted(change, isRepeated: false)
        case .repeated(let change): return Self.accepted(change, isRepeated: true)
        case .conflict(let id):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another change, \(id)."
            )
        case .notFound: throw Problem.notFound
        case .refused(let refusal): throw Problem(refusal)
        }
    }

    private static func accepted(_ change: Modification, isRepeated: Bool) -> HTTPServerResponse {
        .accepted("/api/v1/modifications/\(change.id)", isRepeated: isRepeated) {
            $0.modificationFields(change)
        }
    }

    private func showModification(_ request: HTTPServerRequest) async throws
        -> HTTPServerResponse
    {
        let caller = try await authentication.caller(request, .admin, .trader)
        let id = try request.id("id", of: ModificationID.self)
        guard let change = try await stores.orders.modification(id),
            caller.role == .admin || change.trader == caller.trader
        else { throw Problem.notFound }
        return .json { body in
            body.beginObject()
            body.modificationFields(change)
            body.endObject()
        }
    }
}
