import JSON

/// Groww's errors (groww.md §9).
///
/// The documents give codes and words, and of statuses only "40x or 50x": those here were guessed
/// by others (EVG) or chosen.
struct GrowwError: FaceRefusal, Equatable {
    let status: Int
    let code: String
    let message: String

    static let internalError = GrowwError(
        status: 500,
        code: "GA000",
        message: "Internal error occurred"
    )

    static let notFound = GrowwError(
        status: 404,
        code: "GA004",
        message: "Requested entity does not exist"
    )

    static let notAuthorised = GrowwError(
        status: 401,
        code: "GA005",
        message: "User not authorised to perform this operation"
    )

    static let addressNotRegistered = GrowwError(
        status: 403,
        code: "GA005",
        message: "The address is not registered for the placement of orders"
    )

    static let duplicateReference = GrowwError(
        status: 409,
        code: "GA007",
        message: "Duplicate order reference id"
    )

    /// No code of the table speaks of limits; the status alone is what the SDK knows them by.
    static let tooManyCalls = GrowwError(
        status: 429,
        code: "GA003",
        message: "Unable to serve the request currently: too many calls"
    )

    static func badRequest(_ message: String) -> GrowwError {
        GrowwError(status: 400, code: "GA001", message: message)
    }

    static func cannotProcess(_ message: String, status: Int = 422) -> GrowwError {
        GrowwError(status: status, code: "GA006", message: message)
    }

    var reply: FaceReply {
        FaceReply(status: status) { writer in
            writer.beginObject()
            writer.field("status", "FAILURE")
            writer.key("error")
            writer.beginObject()
            writer.field("code", code)
            writer.field("message", message)
            writer.fieldOrNull("metadata", nil as String?)
            writer.endObject()
            writer.endObject()
        }
    }
}

extension GrowwFace {
    static func refusal(_ common: CommonRefusal) -> GrowwError {
        switch common {
        case .authentication: .notAuthorised
        case .tooManyCalls: .tooManyCalls
        case .wrongAddress: .addressNotRegistered
        case .internalError: .internalError
        case .orderTimedOut:
            .cannotProcess("Order request timed out, please check your orders", status: 400)
        case .orderRefusedWith200:
            .cannotProcess("The order cannot be processed", status: 200)
        case .injected(let status, let code):
            GrowwError(status: status, code: code, message: "Answered on purpose")
        }
    }
}
