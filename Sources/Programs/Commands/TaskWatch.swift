import JSON

/// Watches a task until every order is placed, refused or skipped, and tells how it ended.
struct TaskWatch {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func watch(_ task: Int64, _ api: APIClient) async throws -> Int32 {
        let status = try await finalStatus(task, api)
        terminal.endProgress()
        if terminal.isJSON {
            terminal.line(String(decoding: status.serialized(), as: UTF8.self))
        } else {
            terminal.line(Self.table(status))
            try await showTroubles(task, api, status)
        }
        return Self.exitStatus(status)
    }

    /// By events where they flow; else, or when they break off, by asking.
    private func finalStatus(_ task: Int64, _ api: APIClient) async throws -> JSONValue {
        let path = "/api/v1/bulk-trades/\(task)"
        while true {
            do {
                for try await event in api.events(path + "/events?until=complete") {
                    show(event.data)
                    if event.name == "complete" { return event.data }
                }
            } catch {
                // The stream broke off: what counts is the status itself.
            }
            let status = try await api.get(path)
            show(status)
            if status["state"]?.string == "COMPLETE" { return status }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    private func show(_ status: JSONValue) {
        guard !terminal.isJSON, let total = status["counts"]?["total"]?.int64, total > 0 else {
            return
        }
        let pending = status["counts"]?["pending"]?.int64 ?? 0
        let unknown = status["counts"]?["unknown"]?.int64 ?? 0
        let doubt = unknown > 0 ? ", \(unknown) in doubt" : ""
        terminal.progress(ProgressBar.text(total - pending - unknown, of: total) + doubt)
    }

    /// Rows that did not succeed, at most twenty.
    private func showTroubles(_ task: Int64, _ api: APIClient, _ status: JSONValue) async throws {
        let failed = status["counts"]?["failed"]?.int64 ?? 0
        let unknown = status["counts"]?["unknown"]?.int64 ?? 0
        guard failed + unknown > 0 else { return }
        let page = try await api.get(
            "/api/v1/bulk-trades/\(task)/results?status=failed,unknown&limit=20"
        )
        terminal.line("")
        terminal.line(ResultsCommand.table(page["results"]?.array ?? []))
    }

    static func exitStatus(_ status: JSONValue) -> Int32 {
        let failed = status["counts"]?["failed"]?.int64 ?? 0
        let unknown = status["counts"]?["unknown"]?.int64 ?? 0
        return failed + unknown > 0 ? ExitStatus.someFailed : ExitStatus.done
    }

    /// The status in a few aligned lines.
    static func table(_ status: JSONValue) -> String {
        let text: (String) -> String = { status[$0]?.string ?? "" }
        let number: (String) -> Int64 = { status["counts"]?[$0]?.int64 ?? 0 }
        var table = Table(
            ["clients", "success", "failed", "skipped", "unknown", "pending"],
            numeric: [0, 1, 2, 3, 4, 5]
        )
        table.add(
            ["total", "success", "failed", "skipped", "unknown", "pending"].map {
                ProgressBar.grouped(number($0))
            }
        )
        let task = status["task_id"]?.int64 ?? 0
        let filled = ProgressBar.grouped(status["filled_quantity"]?.int64 ?? 0)
        return """
            task \(task)  \(text("side")) \(text("symbol")) \(text("order_type")) \(text("product"))  \(text("state"))
            \(table.text)
            filled so far: \(filled) shares for ₹\(text("filled_value"))
            """
    }
}
