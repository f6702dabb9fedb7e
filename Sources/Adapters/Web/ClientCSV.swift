import CSV
import Desk
import Trading

/// Clients as CSV (RFC 4180): a header line, then one client a line; problems are told per line.
///
/// Columns, in any order: `code`, `name`, `capital`, and perhaps `email`, `status`, `usual_percent`,
/// `groups` (separated by `;`), `broker`, `broker_client_id`, `access_token`, `session_ends`.
struct ClientCSV: Sendable {
    static let maximumBytes = 16 << 20
    static let mostRows = 50_000
    private static let columns: Set<String> = [
        "code", "name", "capital", "email", "status", "usual_percent", "groups", "broker",
        "broker_client_id", "access_token", "session_ends",
    ]

    /// A line that cannot be imported, and why.
    struct LineProblem: Sendable {
        let line: Int
        let problem: FieldProblem
    }

    private(set) var drafts: [(line: Int, draft: ClientImport)] = []
    private(set) var problems: [LineProblem] = []

    init(_ bytes: [UInt8], trader: TraderID) throws(Problem) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem(400, "not_utf8", "The file must be UTF-8.")
        }
        var records = CSVRecords(bytes)
        guard let header = records.next()?.fields.map({ $0.lowercased() }) else {
            throw Problem(400, "empty_body", "The file is empty; the first line names the columns.")
        }
        try Self.check(header)
        var codes: [String: Int] = [:]
        while let record = records.next() {
            guard drafts.count + problems.count < Self.mostRows else {
                throw Problem(413, "too_many_rows", "At most \(Self.mostRows) lines at once.")
            }
            var row = CSVRow(line: record.line, header: header, fields: record.fields)
            if record.fields.count != header.count {
                row.refuse(
                    "line",
                    "wrong_number_of_fields",
                    "The line has not as many fields as the header."
                )
            }
            let draft = row.draft(trader: trader)
            if let code = draft?.draft.code {
                if let first = codes[code] {
                    row.refuse("code", "repeated", "Line \(first) has the same code.")
                } else {
                    codes[code] = record.line
                }
            }
            if row.problems.isEmpty, let draft {
                drafts.append((record.line, draft))
            } else {
                problems += row.problems.map { LineProblem(line: record.line, problem: $0) }
            }
        }
    }

    private static func check(_ header: [String]) throws(Problem) {
        for required in ["code", "name", "capital"] where !header.contains(required) {
            throw Problem.invalid(required, "missing_column", "There is no column \(required).")
        }
        guard Set(header).count == header.count else {
            throw Problem.invalid("header", "repeated_column", "A column is named twice.")
        }
        if let unknown = header.first(where: { !columns.contains($0) }) {
            let shown = String(unknown.prefix(40).filter { $0.isLetter || $0 == "_" })
            let known = columns.sorted().joined(separator: ", ")
            throw Problem.invalid(shown, "unknown_column", "The columns may be: \(known).")
        }
    }
}

/// One line, read field by field.
private struct CSVRow {
    /// The longest of any column: an access token.
    private static let longestValue = 4_096
    private let values: [String: String]
    private(set) var problems: [FieldProblem] = []

    init(line: Int, header: [String], fields: [String]) {
        values = Dictionary(zip(header, fields), uniquingKeysWith: { first, _ in first })
    }

    mutating func refuse(_ field: String, _ code: String, _ sentence: String) {
        problems.append(FieldProblem(field, code, sentence))
    }

    mutating func draft(trader: TraderID) -> ClientImport? {
        for (name, value) in values.sorted(by: { $0.key < $1.key })
        where value.hasControlCharacters || value.utf8.count > Self.longestValue {
            refuse(name, "not_usable", "\(name) must be short text without control characters.")
        }
        let code = text("code", limit: 64)
        let name = text("name", limit: 200)
        let capital = parsed("capital", "an amount of rupees, not negative") {
            Money(rupees: $0).flatMap { $0 >= .zero ? $0 : nil }
        }
        if value("capital") == nil { refuse("capital", "required", "capital is required.") }
        let status = parsed("status", "active, inactive or pending") {
            Client.Status(rawValue: $0.lowercased())
        }
        let part = parsed("usual_percent", "a percentage above 0 and at most 100") {
            BasisPoints(percent: $0)
        }
        let brokers = BrokerName.allCases.filter { $0 != .paper }.map(\.rawValue)
        let broker = parsed("broker", "one of " + brokers.joined(separator: ", ")) { text in
            BrokerName(rawValue: text.lowercased()).flatMap { $0 == .paper ? nil : $0 }
        }
        let ends = parsed("session_ends", "a time such as 2026-11-23T09:15:00+05:30") {
            TimestampText.parse($0)
        }
        if value("broker") != nil {
            for needed in ["broker_client_id", "access_token"] where value(needed) == nil {
                refuse(needed, "required", "A line with a broker needs \(needed).")
            }
        }
        guard problems.isEmpty, let code, let name, let capital else { return nil }
        return ClientImport(
            draft: ClientDraft(
                trader: trader,
                code: code,
                name: name,
                email: value("email"),
                status: status ?? .active,
                capital: capital,
                part: part,
                groups: (value("groups") ?? "").split(separator: ";").map(String.init)
            ),
            broker: broker,
            brokerClientID: value("broker_client_id"),
            token: value("access_token").map { Secret($0) },
            sessionEnds: ends
        )
    }

    private func value(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private mutating func text(_ name: String, limit: Int) -> String? {
        guard let text = value(name) else {
            refuse(name, "required", "\(name) is required.")
            return nil
        }
        guard text.utf8.count <= limit else {
            refuse(name, "wrong_length", "\(name) must have at most \(limit) characters.")
            return nil
        }
        return text
    }

    private mutating func parsed<Value>(
        _ name: String,
        _ expected: String,
        _ parse: (String) -> Value?
    ) -> Value? {
        guard let text = value(name) else { return nil }
        let value = parse(text)
        if value == nil { refuse(name, "not_usable", "\(name) must be \(expected).") }
        return value
    }
}
