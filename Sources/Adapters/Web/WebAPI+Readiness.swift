import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Whether orders can go to the clients' broker accounts today.
    var readinessRoutes: [HTTPRoute] {
        [route("GET", "/api/v1/readiness") { try await showReadiness($0) }]
    }

    private func showReadiness(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 100, most: 1_000)
        let now = clock.now()
        let found = try await stores.accounts.readiness(
            ReadinessQuery(
                trader: caller.trader,
                broker: try Self.word("broker", request),
                state: try Self.word("state", request),
                now: now,
                close: market.nextClose(after: now),
                after: try request.cursor("after").map { AccountID($0) },
                limit: limit,
                requiresEgress: requiresEgress
            )
        )
        return .json { body in
            body.beginObject()
            body.key("counts")
            body.beginArray()
            for count in found.counts { body.readinessCount(count) }
            body.endArray()
            body.key("accounts")
            body.beginArray()
            for row in found.rows { body.readinessRow(row) }
            body.endArray()
            body.fieldOrNull("next", found.rows.count == limit ? found.rows.last?.account.raw : nil)
            body.endObject()
        }
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        _ request: HTTPServerRequest
    ) throws(Problem) -> Word? where Word.RawValue == String {
        guard let text = request.query(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.invalid(name, "unknown_word", "\(name) must be one of \(words).")
        }
        return word
    }
}

extension SessionState {
    /// What whoever reads the list must do.
    fileprivate var meaning: String {
        switch self {
        case .ready: "Orders can go to it."
        case .mustLogIn: "The session is over: the client must log in, and the new token be stored."
        case .endsEarly: "The session ends before the market closes: log in anew before then."
        case .refused:
            "The broker refuses it; its words say why, such as an address or a permission."
        case .noAddress: "It has no address of its own to send from: set its egress."
        case .wrongAddress:
            "The broker would refuse its orders: its words say which addresses are registered."
        case .unreachable: "The broker did not answer; it is asked again every five minutes."
        case .unchecked: "The broker has not been asked yet."
        }
    }
}

extension JSONWriter {
    fileprivate mutating func readinessCount(_ count: Readiness.Count) {
        beginObject()
        field("broker", count.broker.rawValue)
        field("state", count.state.rawValue)
        field("accounts", count.accounts)
        endObject()
    }

    fileprivate mutating func readinessRow(_ row: Readiness.Row) {
        beginObject()
        field("account_id", row.account.raw)
        field("client_id", row.client.raw)
        field("code", row.code)
        field("name", row.name)
        field("broker", row.broker.rawValue)
        field("broker_client_id", row.brokerClientID)
        field("state", row.state.rawValue)
        field("meaning", row.state.meaning)
        fieldOrNull("words", row.words)
        fieldOrNull("session_ends", row.ends.map(TimestampText.text))
        fieldOrNull("checked_at", row.checkedAt.map(TimestampText.text))
        endObject()
    }
}
