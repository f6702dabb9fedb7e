import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Imports a CSV file: good lines are stored in one transaction, the others are reported.
    ///
    /// `?all_or_nothing=true` stores nothing unless every line is good.
    func importClients(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trader = try await trader(of: caller, request)
        let type = request.header("content-type")?.lowercased() ?? ""
        guard type.hasPrefix("text/csv") else {
            throw Problem(415, "not_csv", "Send the file as text/csv.")
        }
        let csv = try ClientCSV(request.body, trader: trader)
        if request.query("all_or_nothing") == "true", !csv.problems.isEmpty {
            return Self.report(422, imported: [], problems: csv.problems)
        }
        let ids = try await stores.accounts.importClients(
            csv.drafts.map(\.draft),
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        var problems = csv.problems
        var imported: [(line: Int, id: ClientID)] = []
        for (row, id) in zip(csv.drafts, ids) {
            if let id {
                imported.append((row.line, id))
            } else {
                let taken = FieldProblem(
                    "code",
                    "taken",
                    "A client with this code, or with this broker account, exists already."
                )
                problems.append(.init(line: row.line, problem: taken))
            }
        }
        return Self.report(200, imported: imported, problems: problems)
    }

    private static func report(
        _ status: Int,
        imported: [(line: Int, id: ClientID)],
        problems: [ClientCSV.LineProblem]
    ) -> HTTPServerResponse {
        .json(status) { body in
            body.beginObject()
            body.field("imported", imported.count)
            body.field("refused", Set(problems.map(\.line)).count)
            body.key("errors")
            body.beginArray()
            for problem in problems.sorted(by: { $0.line < $1.line }) {
                body.beginObject()
                body.field("line", problem.line)
                body.field("field", problem.problem.field)
                body.field("code", problem.problem.code)
                body.field("detail", problem.problem.sentence)
                body.endObject()
            }
            body.endArray()
            body.endObject()
        }
    }
}
