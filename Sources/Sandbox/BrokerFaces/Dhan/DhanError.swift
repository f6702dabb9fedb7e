import JSON

/// Dhan's errors (dhan.md §9).
///
/// Statuses per code are not documented: those here were seen or chosen.
struct DhanError: FaceRefusal, Equatable {
    let status: Int
    let type: String
    let code: String
    let message: String

    static let authentication = DhanError(
        status: 401,
        type: "Invalid_Authentication",
        code: "DH-901",
        message: "Client ID or user generated access token is invalid or expired."
    )

    static let tooManyCalls = DhanError(
        status: 429,
        type: "Rate_Limit",
        code: "DH-904",
        message: "Too many requests on server from single user breaching rate limits."
    )

    static let badInput = input("Missing required fields, bad values for parameters etc.")

    static let invalidIP = input("Invalid IP")

    static let noHoldings = DhanError(
        status: 500,
        type: "HOLDING_ERROR",
        code: "DH-1111",
        message: "No holdings available"
    )

    /// What a look-up of an unknown id gets; neither code nor status is documented.
    static let noData = DhanError(
        status: 400,
        type: "Data_Error",
        code: "DH-907",
        message: "System is unable to fetch data due to incorrect parameters or no data present"
    )

    static let internalError = DhanError(
        status: 500,
        type: "Internal_Server_Error",
        code: "DH-908",
        message: "Server was not able to process API request."
    )

    static func input(_ message: String) -> DhanError {
        DhanError(status: 400, type: "Input_Exception", code: "DH-905", message: message)
    }

    static func order(_ message: String, status: Int = 400) -> DhanError {
        DhanError(status: status, type: "Order_Error", code: "DH-906", message: message)
    }

    var reply: FaceReply {
        FaceReply(status: status) { writer in
            writer.beginObject()
            writer.field("errorType", type)
            writer.field("errorCode", code)
            writer.field("errorMessage", message)
            writer.endObject()
        }
    }
}

extension DhanFace {
    static func refusal(_ common: CommonRefusal) -> DhanError {
        switch common {
        case .authentication: .authentication
        case .tooManyCalls: .tooManyCalls
        case .wrongAddress: .invalidIP
        case .internalError: .internalError
        case .orderTimedOut:
            .order(
                "Order request timed out. Please check the order book and confirm before"
                    + " placing again"
            )
        case .orderRefusedWith200:
            .order("Incorrect request for order and cannot be processed", status: 200)
        case .injected(let status, let code):
            DhanError(
                status: status,
                type: "Injected",
                code: code,
                message: "Answered on purpose"
            )
        }
    }
}
