import JSON
import Wiring

/// `volley audit verify` and `volley audit head`, which talk to the database.
struct AuditCommands {
    private let tasks: AuditTasks

    /// Those of `volley audit` that are not the API's.
    static let words = ["verify", "head"]

    init(_ settings: Settings) throws { tasks = try AuditTasks(settings) }

    private static let usage = AuditTasks.Refusal(
        description: """
            usage: volley audit verify [--from DAY] [--to DAY] [--head HASH] [--json]
                   volley audit head [--json]
            """
    )

    /// Runs one; the exit status is 0 where all is good, and 3 where something is not.
    func run(_ arguments: [String]) async throws -> Int32 {
        let isJSON = arguments.contains("--json")
        var rest = arguments.filter { $0 != "--json" }[...]
        let word = rest.popFirst()
        var options: [String: String] = [:]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst(), options.updateValue(value, forKey: option) == nil
            else { throw Self.usage }
        }
        let known: Set<String> = word == "verify" ? ["--from", "--to", "--head"] : []
        guard known.isSuperset(of: options.keys) else { throw Self.usage }
        guard word == "verify" else { return try await head(isJSON) }
        let report = try await tasks.verify(
            from: options["--from"],
            to: options["--to"],
            head: options["--head"]
        )
        print(isJSON ? Self.json(report) : Self.text(report))
        return report.isGood ? 0 : 3
    }

    private func head(_ isJSON: Bool) async throws -> Int32 {
        guard let head = try await tasks.head() else {
            print(isJSON ? #"{"hash":null}"# : "nothing is sealed yet")
            return 3
        }
        print(isJSON ? Self.object { Self.write(head, to: &$0) } : head.hash)
        return 0
    }

    private static func text(_ report: AuditTasks.Report) -> String {
        var lines: [String] = []
        if let fault = report.fault { lines.append("NOT as it was sealed: \(fault)") }
        lines.append("\(report.seals) seals and \(report.rows) rows are good")
        if let age = report.unsealedSeconds {
            lines.append(
                "\(report.unsealedRows) rows are not sealed yet, the oldest for \(age) s: of them "
                    + "nothing can be said"
            )
        } else if report.isGood {
            lines.append("every row is sealed")
        }
        if let head = report.head { lines.append("head: \(head.hash) (seal \(head.seal))") }
        return lines.joined(separator: "\n")
    }

    private static func json(_ report: AuditTasks.Report) -> String {
        object { writer in
            writer.field("good", report.isGood)
            writer.fieldOrNull("fault", report.fault)
            writer.field("seals", report.seals)
            writer.field("rows", report.rows)
            writer.field("unsealed_rows", report.unsealedRows)
            writer.fieldOrNull("oldest_unsealed_seconds", report.unsealedSeconds)
            if let head = report.head {
                writer.key("head")
                writer.beginObject()
                write(head, to: &writer)
                writer.endObject()
            }
        }
    }

    private static func write(_ head: AuditTasks.Head, to writer: inout JSONWriter) {
        writer.field("hash", head.hash)
        writer.field("seal", head.seal)
        writer.field("rows", head.rows)
        writer.field("sealed_on", head.sealedOn)
    }

    private static func object(_ fill: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        fill(&writer)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
