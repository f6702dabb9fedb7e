import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Money paid in and out, and a client's ledger.
    var fundsRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/clients/{id}/deposits") { try await moveCash($0, .deposit) },
            route("POST", "/api/v1/clients/{id}/withdrawals") {
                try await moveCash($0, .withdrawal)
            },
            route("GET", "/api/v1/clients/{id}/ledger") { try await showLedger($0) },
            route("GET", "/api/v1/clients/{id}/ledger.csv") { try await exportLedger($0) },
        ]
    }

    private static let exportPage = 5_000

    private func moveCash(_ request: HTTPServerRequest, _ kind: CashKind) async throws
        -> HTTPServerResponse
    {
        let (caller, details) = try await visibleClient(request)
        var fields = try Fields(of: request)
        let amount = fields.money("amount", required: true)
        let note = fields.text("note", limit: 200, required: false)
        if let amount, amount == .zero {
            fields.refuse("amount", "out_of_range", "amount must be above 0.")
        }
        try fields.finish()
        guard let amount else { throw Problem.invalid("amount", "required", "amount is required.") }
        let client = details.client.id
        let canonical = [kind.rawValue, "\(client)", amount.rupees, note ?? ""]
        let order = CashOrder(
            kind: kind,
            client: client,
            amount: amount,
            note: note,
            user: caller.user,
            address: request.remoteAddress,
            idempotencyKey: try Self.idempotencyKey(request),
            bodyHash: Tokens.sha256(Array(canonical.joined(separator: "\n").utf8))
        )
        switch try await stores.cash.move(order) {
        case .done(let move, let funds):
            logger.notice(
                "cash moved",
                [
                    LogField("kind", kind.rawValue), LogField("client", client),
                    LogField("user", caller.user), LogField("move", move.id),
                ]
            )
            return Self.moved(move, funds, isRepeated: false)
        case .repeated(let move, let funds): return Self.moved(move, funds, isRepeated: true)
        case .conflict(let id):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another payment, \(id)."
            )
        case .notEnough(let free):
            throw Problem.invalid(
                "amount",
                "not_enough_free_cash",
                "No more than \(free) can be paid out: the rest is held, invested or owed."
            )
        case .tooMuch:
            throw Problem.invalid(
                "amount",
                "out_of_range",
                "A client's capital is at most \(Money.limit)."
            )
        case .notFound: throw Problem.notFound
        }
    }

    private static func moved(_ move: CashMove, _ funds: Funds, isRepeated: Bool)
        -> HTTPServerResponse
    {
        .json(201, headers: isRepeated ? [("Idempotency-Replayed", "true")] : []) { body in
            body.beginObject()
            body.field("id", move.id)
            body.field("kind", move.kind.rawValue)
            body.field("client_id", move.client.raw)
            body.field("amount", move.amount.rupees)
            body.fieldOrNull("note", move.note)
            body.field("at", TimestampText.text(move.at))
            body.funds(funds)
            body.endObject()
        }
    }

    private func showLedger(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let limit = try request.limit(default: 100, most: 1_000)
        let (query, days) = try await statementQuery(request, limit: limit)
        guard let statement = try await stores.cash.statement(query) else { throw Problem.notFound }
        return .json { body in
            body.beginObject()
            body.field("client_id", query.client.raw)
            body.field("from", days.lowerBound.description)
            body.field("to", days.upperBound.description)
            body.funds(statement.funds)
            body.key("transfers")
            body.beginArray()
            for line in statement.lines { body.ledgerLine(line) }
            body.endArray()
            let next = statement.lines.count == limit ? statement.lines.last?.id : nil
            body.fieldOrNull("next", next)
            body.endObject()
        }
    }

    /// All lines that are asked for, as CSV; one that was cut short does not end as HTTP wants it.
    private func exportLedger(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (query, _) = try await statementQuery(request, limit: Self.exportPage)
        guard let first = try await stores.cash.statement(query) else { throw Problem.notFound }
        return HTTPServerResponse(
            status: 200,
            headers: [
                ("Content-Type", "text/csv; charset=utf-8"),
                (
                    "Content-Disposition",
                    "attachment; filename=\"ledger-\(query.client).csv\""
                ), ("Cache-Control", "no-store"),
            ],
            body: .stream { [stores] writer in
                var query = query
                var page = first.lines
                try await writer.write(LedgerCSV.header)
                while let last = page.last {
                    try await writer.write(page.flatMap(LedgerCSV.line))
                    guard page.count == query.limit else { return }
                    query.before = last.id
                    page = try await stores.cash.statement(query)?.lines ?? []
                }
            }
        )
    }

    /// Of the last 31 days unless said otherwise.
    private func statementQuery(_ request: HTTPServerRequest, limit: Int) async throws
        -> (StatementQuery, ClosedRange<CalendarDay>)
    {
        let (_, details) = try await visibleClient(request)
        let today = CalendarDay(containing: clock.now())
        let last = try request.day("to") ?? today
        let first = try request.day("from") ?? last.advanced(by: -30)
        guard first <= last, last.number - first.number <= 366 else {
            throw Problem.invalid(
                "from",
                "out_of_range",
                "from must not be later than to, and at most 366 days before it."
            )
        }
        let query = StatementQuery(
            client: details.client.id,
            from: first.time(0, 0),
            to: last.advanced(by: 1).time(0, 0),
            before: try request.cursor(),
            limit: limit
        )
        return (query, first...last)
    }
}

/// Transfers as lines of CSV; no cell needs quotes.
enum LedgerCSV {
    static let header = Array(
        "id,at,kind,debit,credit,amount,available_after,order_id\r\n".utf8
    )

    static func line(_ line: LedgerLine) -> [UInt8] {
        let cells = [
            "\(line.id)", TimestampText.exactText(line.at), line.transfer.kind.rawValue,
            line.transfer.debit.rawValue, line.transfer.credit.rawValue,
            line.transfer.amount.rupees, line.available.rupees, line.intent?.description ?? "",
        ]
        return Array((cells.joined(separator: ",") + "\r\n").utf8)
    }
}

extension JSONWriter {
    /// All balances of a client.
    mutating func funds(_ funds: Funds) {
        key("funds")
        beginObject()
        for account in Funds.Account.allCases { field(account.rawValue, funds[account].rupees) }
        endObject()
    }

    fileprivate mutating func ledgerLine(_ line: LedgerLine) {
        beginObject()
        field("id", line.id)
        field("at", TimestampText.text(line.at))
        field("kind", line.transfer.kind.rawValue)
        field("debit", line.transfer.debit.rawValue)
        field("credit", line.transfer.credit.rawValue)
        field("amount", line.transfer.amount.rupees)
        field("available_after", line.available.rupees)
        fieldOrNull("order_id", line.intent?.raw)
        endObject()
    }
}
