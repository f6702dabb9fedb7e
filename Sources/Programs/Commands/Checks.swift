import JSON

/// What was checked, and what was found.
struct Checks {
    private(set) var lines: [String] = []
    private(set) var failures = 0
    private var results: [JSONValue] = []

    mutating func all<Item>(_ items: [Item], _ rule: String, _ holds: (Item) -> Bool) {
        let broken = items.count { !holds($0) }
        failures += broken
        let mark = broken == 0 ? "✓" : "✗"
        let count = ProgressBar.grouped(Int64(items.count))
        lines.append("\(mark) \(rule) (\(count)\(broken == 0 ? "" : ", \(broken) broken"))")
        results.append([
            "rule": .string(rule), "checked": .integer(items.count), "broken": .integer(broken),
        ])
    }

    /// Double entry of every client, and no negative balance.
    mutating func balances(of clients: [JSONValue]) {
        all(clients, "every client's ledger balances, and nothing is negative") { client in
            let paise: (String) -> Int64 = { name in
                JSONNumber(client["funds"]?[name]?.string ?? "")?.scaled(2) ?? .min / 8
            }
            let assets = [
                "available", "held", "invested", "realised_loss", "withdrawn", "interest",
            ].map(paise)
            let sources = ["deposited", "realised_gain", "shortfall", "borrowed"].map(paise)
            return (assets + sources).allSatisfy { $0 >= 0 }
                && assets.reduce(0, +) == sources.reduce(0, +)
        }
    }

    mutating func nothingIsHeld(by rows: [JSONValue]) {
        all(rows, "nothing stays held for orders that have ended") {
            JSONNumber($0["held_amount"]?.string ?? "")?.scaled(2) == 0
        }
    }

    /// Prints them; the exit status says whether all hold.
    func show(on terminal: Terminal) -> Int32 {
        if terminal.isJSON {
            terminal.line(String(decoding: json.serialized(), as: UTF8.self))
        } else {
            for line in lines { terminal.line(line) }
        }
        return failures == 0 ? ExitStatus.done : ExitStatus.someFailed
    }

    private var json: JSONValue {
        ["checks": .array(results), "failures": .integer(failures)]
    }
}
