import Desk
import HTTPServer
import Trading

/// Which audit rows a request asks for, and whose they may be.
struct AuditRequest {
    /// How far back is looked where no `from` is given.
    private static let usualDays: Int32 = 31
    /// No row is older: the long time before it need not be looked through.
    private static let beginning = CalendarDay(number: 18_262).time(0, 0)
    let query: AuditQuery

    /// A trader sees rows of the own clients and bulk trades only.
    init(_ request: HTTPServerRequest, _ caller: Identity, now: Timestamp, limit: Int)
        throws(Problem)
    {
        // The database's clock, which gives rows their time, may be ahead of ours.
        let present = now.advanced(by: .seconds(60))
        let to = try Self.moment(request, "to", wholeDay: true) ?? present
        let usual = CalendarDay(containing: to).advanced(by: -Self.usualDays).time(0, 0)
        let from = try Self.moment(request, "from", wholeDay: false) ?? usual
        guard from < to else {
            throw Problem.invalid("from", "out_of_range", "from must be earlier than to.")
        }
        let named = try Self.id(request, "trader_id", of: TraderID.self)
        if caller.role != .admin, let named, named != caller.trader {
            throw Problem.invalid("trader_id", "not_allowed", "A trader sees own rows only.")
        }
        query = AuditQuery(
            from: max(from, Self.beginning),
            to: min(to, present),
            action: try Self.action(request),
            trader: caller.role == .admin ? named : caller.trader,
            client: try Self.id(request, "client_id", of: ClientID.self),
            user: try Self.id(request, "user_id", of: UserID.self),
            before: try request.query("cursor").map { text throws(Problem) in
                try Self.place(text)
            },
            limit: limit
        )
    }

    /// The cursor of the page after this row.
    static func cursor(after row: AuditRecord) -> String { "\(row.at.microseconds)-\(row.id)" }

    private static func place(_ text: String) throws(Problem) -> AuditQuery.Place {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let at = Int64(parts[0]), let id = Int64(parts[1]), at >= 0,
            at < .max, id >= 0
        else {
            throw Problem.invalid("cursor", "unknown_cursor", "cursor must be the next of a page.")
        }
        return AuditQuery.Place(at: Timestamp(microseconds: at), id: id)
    }

    private static func id<Subject>(
        _ request: HTTPServerRequest,
        _ name: String,
        of type: ID<Subject>.Type
    ) throws(Problem) -> ID<Subject>? {
        guard let text = request.query(name) else { return nil }
        guard let raw = Int64(text), raw > 0 else {
            throw Problem.invalid(name, "wrong_type", "\(name) must be a whole number above 0.")
        }
        return ID(raw)
    }

    private static func action(_ request: HTTPServerRequest) throws(Problem) -> String? {
        guard let text = request.query("action") else { return nil }
        let word = text.uppercased()
        let isWord = word.utf8.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
        }
        guard isWord, (1...64).contains(word.utf8.count) else {
            throw Problem.invalid("action", "unknown_word", "action is a word such as HALT_ON.")
        }
        return word
    }

    /// A moment, or a day in India: its beginning, or its end where the whole day is meant.
    private static func moment(_ request: HTTPServerRequest, _ name: String, wholeDay: Bool)
        throws(Problem) -> Timestamp?
    {
        guard let text = request.query(name) else { return nil }
        if let day = CalendarDay(text) {
            return (wholeDay ? day.advanced(by: 1) : day).time(0, 0)
        }
        // An unescaped plus sign means a space in a query.
        let restored = String(text.map { $0 == " " ? "+" : $0 })
        guard let moment = TimestampText.parse(restored) else {
            throw Problem.invalid(
                name,
                "wrong_type",
                "\(name) must be a day such as 2026-11-23, or a time such as"
                    + " 2026-11-23T09:15:00+05:30."
            )
        }
        return moment
    }
}
