import Exchange
import HTTPServer
import JSON

/// The sandbox's own API under `/control`: accounts, prices, faults, calls, clock, latency and ledger.
struct ControlFace: Sendable {
    /// Ten thousand accounts in one call are some two megabytes.
    static let largestBody = 64 << 20

    let floor: Floor

    var routes: [HTTPRoute] {
        [HTTPRoute("GET", "/healthz") { _ in Self.done { $0.field("status", "ok") } }]
            + accountRoutes + appRoutes + eventRoutes + priceRoutes + faultRoutes + callRoutes
            + clockRoutes
            + ledgerRoutes
    }

    func route(
        _ method: String,
        _ path: String,
        _ work: @escaping @Sendable (HTTPServerRequest) throws(ControlRefusal) -> HTTPServerResponse
    ) -> HTTPRoute {
        HTTPRoute(method, "/control" + path, maximumBodyBytes: Self.largestBody) { request in
            do throws(ControlRefusal) {
                return try work(request)
            } catch {
                return Self.answer(status: error.status) { $0.field("error", error.reason) }
            }
        }
    }

    static func done(_ write: (inout JSONWriter) -> Void) -> HTTPServerResponse {
        answer(status: 200, write)
    }

    static func answer(status: Int, _ write: (inout JSONWriter) -> Void) -> HTTPServerResponse {
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        write(&writer)
        writer.endObject()
        return HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "application/json")],
            body: .bytes(writer.bytes)
        )
    }

    static func body(_ request: HTTPServerRequest) throws(ControlRefusal) -> JSONValue {
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: request.body)
        } catch {
            throw ControlRefusal("the body is \(error)")
        }
    }

    /// The list under a name, or the body itself as a list of one.
    static func list(
        _ name: String,
        _ request: HTTPServerRequest
    ) throws(ControlRefusal) -> [JSONValue] {
        let body = try body(request)
        guard body.object != nil else { throw ControlRefusal("the body is not an object") }
        guard let list = body[name] else { return [body] }
        guard let items = list.array else { throw ControlRefusal("\(name) is not a list") }
        return items
    }
}

/// A control call that cannot be carried out, in words for whoever made it.
struct ControlRefusal: Error {
    let reason: String
    var status = 400

    init(_ reason: String, status: Int = 400) {
        self.reason = reason
        self.status = status
    }
}

extension JSONValue {
    /// A member that must be a string, if it is there and not null.
    func optionalText(_ name: String) throws(ControlRefusal) -> String? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let text = member.string else { throw ControlRefusal("\(name) is not a string") }
        return text
    }

    func text(_ name: String) throws(ControlRefusal) -> String {
        guard let text = try optionalText(name), !text.isEmpty else {
            throw ControlRefusal("\(name) is missing")
        }
        return text
    }

    /// An amount as a string, `"2950.00"`, or as a number.
    func optionalAmount(_ name: String) throws(ControlRefusal) -> Rupees? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let text = member.string ?? member.number?.text, let amount = Rupees(decimal: text)
        else { throw ControlRefusal("\(name) is not an amount") }
        return amount
    }

    func optionalWhole(_ name: String) throws(ControlRefusal) -> Int64? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let number = member.int64 ?? member.string.flatMap({ Int64($0) }) else {
            throw ControlRefusal("\(name) is not a whole number")
        }
        return number
    }

    func optionalFlag(_ name: String) throws(ControlRefusal) -> Bool? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let flag = member.bool else { throw ControlRefusal("\(name) is not true or false") }
        return flag
    }

    func optionalMoment(_ name: String) throws(ControlRefusal) -> Moment? {
        guard let text = try optionalText(name) else { return nil }
        guard let moment = Moment(rfc3339: text) else {
            throw ControlRefusal("\(name) is not a time such as 2026-11-20T10:00:00+05:30")
        }
        return moment
    }
}
