import JSON

/// Watches a cancellation until nothing more is expected of it, and tells how it ended.
struct CancelWatch {
    private let terminal: Terminal
    private static let words = [
        "withdrawn", "cancelled", "filled", "already_final", "not_placed", "refused", "asked",
        "unknown",
    ]

    init(_ terminal: Terminal) { self.terminal = terminal }

    func watch(_ id: Int64, _ api: APIClient) async throws -> Int32 {
        let path = "/api/v1/cancels/\(id)"
        var status = try await api.get(path + "?limit=1")
        while status["state"]?.string != "COMPLETE" {
            show(status)
            try await Task.sleep(for: .milliseconds(300))
            status = try await api.get(path + "?limit=1")
        }
        terminal.endProgress()
        if terminal.isJSON {
            terminal.line(String(decoding: status.serialized(), as: UTF8.self))
        } else {
            terminal.line(Self.table(status))
            let refused = try await api.get(path + "?result=refused&limit=20")["orders"]
            if let orders = refused?.array, !orders.isEmpty {
                terminal.line("\n" + Self.orders(orders))
            }
        }
        return Self.exitStatus(status)
    }

    private func show(_ status: JSONValue) {
        let counts = status["counts"]
        guard !terminal.isJSON, let total = counts?["total"]?.int64, total > 0 else { return }
        let asked = counts?["asked"]?.int64 ?? 0
        let unknown = counts?["unknown"]?.int64 ?? 0
        let doubt = unknown > 0 ? ", \(unknown) in doubt" : ""
        terminal.progress(ProgressBar.text(total - asked - unknown, of: total) + doubt)
    }

    /// Whether something stays open that was wished cancelled.
    static func exitStatus(_ status: JSONValue) -> Int32 {
        let refused = status["counts"]?["refused"]?.int64 ?? 0
        let unknown = status["counts"]?["unknown"]?.int64 ?? 0
        return refused + unknown > 0 ? ExitStatus.someFailed : ExitStatus.done
    }

    /// The status in a few aligned lines.
    static func table(_ status: JSONValue) -> String {
        let number: (String) -> Int64 = { status["counts"]?[$0]?.int64 ?? 0 }
        var table = Table(["orders"] + words, numeric: Set(0...words.count))
        table.add((["total"] + words).map { ProgressBar.grouped(number($0)) })
        let id = status["cancellation_id"]?.int64 ?? 0
        let released = status["released_amount"]?.string ?? "0.00"
        return """
            cancellation \(id)  \(status["scope"]?.string ?? "")  \(status["state"]?.string ?? "")
            \(table.text)
            released so far: ₹\(released)
            """
    }

    /// One line for each order.
    static func orders(_ rows: [JSONValue]) -> String {
        var table = Table(
            [
                "order", "task", "client", "side", "symbol", "quantity", "filled", "result",
                "released", "tries", "broker's words",
            ],
            numeric: [0, 1, 5, 6, 8, 9]
        )
        for row in rows {
            let text: (String) -> String = { row[$0]?.string ?? "" }
            let number: (String) -> String = { "\(row[$0]?.int64 ?? 0)" }
            table.add([
                number("order_id"), number("task_id"), text("client_code"), text("side"),
                text("symbol"), number("quantity"), number("filled_quantity"), text("result"),
                text("released_amount"), number("tries"), text("broker_message"),
            ])
        }
        return table.text
    }
}
