import JSON

/// Kite's errors (kite.md §9); which status goes with which type is documented as usual only.
struct KiteError: FaceRefusal, Equatable {
    let status: Int
    let type: String
    let message: String

    static let authentication = KiteError(
        status: 403,
        type: "TokenException",
        message: "Incorrect `api_key` or `access_token`."
    )

    static let tooManyCalls = KiteError(
        status: 429,
        type: "NetworkException",
        message: "Too many requests"
    )

    /// What is unknown gets this type, as seen with live answers; its status is chosen.
    static let noSuchOrder = KiteError(
        status: 400,
        type: "GeneralException",
        message: "Couldn't find that `order_id`."
    )

    static func input(_ message: String) -> KiteError {
        KiteError(status: 400, type: "InputException", message: message)
    }

    static func order(_ message: String, status: Int = 400) -> KiteError {
        KiteError(status: status, type: "OrderException", message: message)
    }

    var reply: FaceReply {
        FaceReply(status: status) { writer in
            writer.beginObject()
            writer.field("status", "error")
            writer.field("message", message)
            writer.field("error_type", type)
            writer.fieldOrNull("data", nil as String?)
            writer.endObject()
        }
    }
}

extension KiteFace {
    static func refusal(_ common: CommonRefusal) -> KiteError {
        switch common {
        case .authentication: .authentication
        case .tooManyCalls: .tooManyCalls
        case .wrongAddress:
            KiteError(
                status: 403,
                type: "PermissionException",
                message: "Orders are not allowed from this IP"
            )
        case .internalError:
            KiteError(status: 500, type: "GeneralException", message: "Something went wrong")
        case .orderTimedOut:
            .order(
                "Order request timed out. Please check the order book and confirm before"
                    + " placing again."
            )
        case .orderRefusedWith200:
            .order("The order could not be processed", status: 200)
        case .injected(let status, let code):
            KiteError(status: status, type: code, message: "Answered on purpose")
        }
    }
}
