import HTTPClient
import JSON

extension SandboxGuest {
    /// The body of an account at Groww's face.
    static let growwAccount =
        #"{"face":"groww","client_id":"1000000001","token":"TESTTOKEN","funds":"100000.00"}"#

    /// Calls Groww's face with the headers that it needs.
    func groww(_ method: String, _ path: String, _ body: String? = nil) async throws -> Answer {
        let headers = [
            (name: "Authorization", value: "Bearer " + token),
            (name: "X-API-VERSION", value: "1.0"),
        ]
        return try await send(method, "/groww/v1" + path, headers: headers, body)
    }

    func place(_ order: GrowwBody) async throws -> Answer {
        try await groww("POST", "/order/create", order.json)
    }

    /// One order as `/order/detail` has it.
    func detail(_ id: String) async throws -> JSONValue? {
        try await groww("GET", "/order/detail/\(id)?segment=CASH").payload
    }
}

extension SandboxGuest.Answer {
    var payload: JSONValue? { json["payload"] }
    var growwCode: String? { json["error"]?["code"]?.string }
    var growwOrder: String { payload?["groww_order_id"]?.string ?? "" }
}

/// The body of a placement, as Groww's official SDK writes it.
struct GrowwBody {
    var symbol = "RELIANCE"
    var quantity = "5"
    var price = "2900.0"
    var trigger = "null"
    var validity = "DAY"
    var exchange = "NSE"
    var segment = "CASH"
    var product = "CNC"
    var type = "LIMIT"
    var side = "BUY"
    var reference = "Ab-654321234"

    var json: String {
        """
        {"trading_symbol":"\(symbol)","quantity":\(quantity),"price":\(price),
        "trigger_price":\(trigger),"validity":"\(validity)","exchange":"\(exchange)",
        "segment":"\(segment)","product":"\(product)","order_type":"\(type)",
        "transaction_type":"\(side)","order_reference_id":"\(reference)"}
        """
    }

    func with(_ change: (inout GrowwBody) -> Void) -> GrowwBody {
        var copy = self
        change(&copy)
        return copy
    }
}
