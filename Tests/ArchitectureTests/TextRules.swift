/// Rules that a look at one line can check.
extension Rule {
    static let printing = Rule(
        sentence: "Only programs print",
        broken: [
            Sample("Sources/Desk/Orders/Order.swift", "    print(order)"),
            Sample("Sources/Drivers/Redis/Client.swift", "debugPrint(reply)"),
            Sample("Sources/Adapters/Web/Page.swift", #"let a = "\(print(1))""#),
        ],
        kept: [
            Sample("Sources/Programs/volley/main.swift", "print(usage)"),
            Sample("Sources/Desk/Orders/Order.swift", "fingerprint(order) // not print(order)"),
            Sample("Sources/Desk/Orders/Order.swift", #"let a = "print(order)""#),
            Sample("Sources/Desk/Orders/Order.swift", "report.print(order)"),
        ]
    ) { file in
        guard file.isIn("Sources"), !file.isIn("Sources/Programs") else { return [] }
        return file.places("prints", near: ["rint(", "dump("]) {
            $0.contains(/(^|[^\w.])(debugPrint|print|dump)\(/)
        }
    }

    static let forcedTries = Rule(
        sentence: "Nothing is tried by force",
        broken: [
            Sample("Sources/Desk/Orders/Order.swift", "let a = try! load()"),
            Sample("Tests/DeskTests/OrderTests.swift", "let a = try ! load()"),
        ],
        kept: [
            Sample("Sources/Desk/Orders/Order.swift", "let a = try load() // not try! load()"),
            Sample("Sources/Desk/Orders/Order.swift", "let a = try !isEmpty()"),
        ]
    ) { file in
        file.places("tries by force", near: ["try"]) { $0.contains(/\btry(!| ! )/) }
    }

    static let uncheckedSendability = Rule(
        sentence: "Only drivers promise what the compiler cannot check",
        broken: [
            Sample("Sources/Desk/Orders/Order.swift", "final class A: @unchecked Sendable {}"),
            Sample("Tests/DeskTests/OrderTests.swift", "class A: @unchecked  Sendable {}"),
        ],
        kept: [
            Sample("Sources/Drivers/Redis/Client.swift", "class A: @unchecked Sendable {}"),
            Sample("Sources/Desk/Orders/Order.swift", "/// Not `@unchecked Sendable`."),
        ]
    ) { file in
        guard !file.isIn("Sources/Drivers") else { return [] }
        return file.places("promises @unchecked", near: ["@unchecked"]) { _ in true }
    }

    static let looseEnds = Rule(
        sentence: "No loose ends are left in the code",
        broken: [
            Sample("Sources/Desk/Orders/Order.swift", "// TODO: the rest"),
            Sample("Tests/DeskTests/OrderTests.swift", "let a = 1 /* FIXME */"),
        ],
        kept: [
            Sample("Sources/Desk/Orders/Order.swift", #"let state = "TODO""#),
            Sample("Sources/Desk/Orders/Order.swift", "// Todos os mundos."),
        ]
    ) { file in
        file.comments.indices
            .filter { file.comments[$0].mentions("TODO") || file.comments[$0].mentions("FIXME") }
            .filter { file.comments[$0].contains(/\b(TODO|FIXME)\b/) }
            .map { Violation(path: file.path, line: $0 + 1, why: "a loose end") }
    }

    static let longestFile = 400

    static let length = Rule(
        sentence: "No file is longer than 400 lines",
        broken: [Sample("Sources/Desk/Long.swift", String(repeating: "\n", count: 401))],
        kept: [Sample("Sources/Desk/Long.swift", String(repeating: "let a = 0\n", count: 400))]
    ) { file in
        // What follows the last line's end is not a line.
        let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
        guard count > longestFile else { return [] }
        return [Violation(path: file.path, line: count, why: "\(count) lines")]
    }

    static let floatingPointInTrading = Rule(
        sentence: "The rules of trading know no floating point",
        broken: [
            Sample("Sources/Trading/Money/Money.swift", "let rate: Double = 1"),
            Sample("Sources/Trading/Money/Money.swift", "let rate = Float(1)"),
        ],
        kept: [
            Sample("Sources/Trading/Money/Money.swift", "/// Never a Double."),
            Sample("Sources/Trading/Money/Money.swift", "let isDoubled = true"),
            Sample("Sources/Drivers/Telemetry/Gauge.swift", "let value: Double = 1"),
        ]
    ) { file in
        guard file.isIn("Sources/Trading") else { return [] }
        return file.places("floating point", near: ["Double", "Float"]) {
            $0.contains(/\b(Double|Float\d*|CGFloat)\b/)
        }
    }

    static let floatingPointInDesk = Rule(
        sentence: "The desk keeps no money in floating point",
        broken: [
            Sample("Sources/Desk/Costs/Costs.swift", "let brokerageFee: Double"),
            Sample("Sources/Desk/Costs/Costs.swift", "func a(price: Double?) {}"),
            Sample("Sources/Desk/Costs/Costs.swift", "var cashByClient: [ClientID: Double]"),
            Sample("Sources/Desk/Costs/Costs.swift", "let funds = Double(paise) / 100"),
        ],
        kept: [
            Sample("Sources/Desk/Costs/Costs.swift", "let spreadShare: Double"),
            Sample("Sources/Desk/Costs/Costs.swift", "let price: Price, ratio: Double"),
        ]
    ) { file in
        guard file.isIn("Sources/Desk") else { return [] }
        let money =
            /(?i)(price|amount|cash|capital|cost|fund|charge|pnl|profit|loss|money|margin|balance|fee)/
        return file.places("money in floating point", near: ["Double", "Float"]) { line in
            line.matches(of: /(\w+)\s*[:=]\s*(\[[^\]]*)?\b(Double|Float)\b/)
                .contains { $0.1.contains(money) }
        }
    }
}
