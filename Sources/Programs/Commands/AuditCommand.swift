import HTTPClient
import JSON

/// `volley audit list` and `volley audit export`; `verify` and `head` talk to the database instead.
struct AuditCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let word = try arguments.word("list, export, verify or head")
        let person: LoginDoor.Person = arguments.has("admin") ? .admin : .trader
        var query: [String] = []
        for (option, name) in [
            ("from", "from"), ("to", "to"), ("action", "action"), ("client", "client_id"),
            ("trader", "trader_id"), ("user", "user_id"), ("cursor", "cursor"),
        ] {
            guard let value = arguments.take(option) else { continue }
            query.append("\(name)=\(ClientsCommand.escaped(value))")
        }
        switch word {
        case "list":
            query.append("limit=\(arguments.take("limit") ?? "100")")
            try arguments.finish()
            let page = try await door.open(as: person)
                .get("/api/v1/audit?" + query.joined(separator: "&"))
            show(page)
        case "export":
            try arguments.finish()
            let api = try await door.open(as: person)
            try await export(api, "/api/v1/audit.csv?" + query.joined(separator: "&"))
        default: throw UsageError("audit has no \(word)")
        }
        return ExitStatus.done
    }

    private func show(_ page: JSONValue) {
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return
        }
        var table = Table(
            ["id", "at", "user", "action", "trader", "client", "task", "order", "state", "what"],
            numeric: [0, 2, 4, 5, 6, 7]
        )
        for row in page["entries"]?.array ?? [] {
            let text: (String) -> String = { row[$0]?.string ?? "" }
            let id: (String) -> String = { row[$0]?.int64.map { "\($0)" } ?? "" }
            let detail = row["detail"] ?? .null
            let what =
                detail["line"]?.string
                ?? (detail.isNull ? "" : String(decoding: detail.serialized(), as: UTF8.self))
            table.add([
                id("id"), String(text("at").prefix(19)), id("user_id"), text("action"),
                id("trader_id"), id("client_id"), id("task_id"), id("order_id"), text("state"),
                what,
            ])
        }
        terminal.line(table.text)
        if let next = page["next"]?.string { terminal.line("more: --cursor \(next)") }
    }

    private func export(_ api: APIClient, _ path: String) async throws {
        do {
            for try await piece in api.pieces(path) {
                guard terminal.write(piece) else {
                    throw APIClient.Failure.unreachable("standard output takes no more")
                }
            }
        } catch let refusal as HTTPRefusal {
            throw APIClient.Failure(refusal.response)
        } catch let failure as HTTPFailure {
            throw APIClient.Failure.unreachable(failure.reason)
        }
    }
}
