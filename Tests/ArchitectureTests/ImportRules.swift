extension Rule {
    static let imports = Rule(
        sentence: "A target imports only what the table of rings allows it",
        broken: [
            Sample("Sources/Trading/Money/Money.swift", "import Foundation"),
            Sample("Sources/Trading/Money/Money.swift", "import Synchronization"),
            Sample("Sources/Desk/Orders/Order.swift", "package import Postgres"),
            Sample("Sources/Desk/Orders/Order.swift", "import struct JSON.JSONValue"),
            Sample("Sources/Adapters/Brokers/Dhan/Dhan.swift", "import Paper"),
            Sample("Sources/Adapters/Web/Page.swift", "internal import PostgresStore"),
            Sample("Sources/Adapters/RedisCache/Cache.swift", "@preconcurrency import CHiredis"),
            Sample("Sources/Drivers/Redis/Client.swift", "import CPostgres"),
            Sample("Sources/Drivers/Redis/Client.swift", "import Trading"),
            Sample("Sources/Sandbox/Exchange/Book.swift", "import Trading"),
            Sample("Sources/Sandbox/BrokerFaces/Dhan/Face.swift", "import Dhan"),
            Sample("Sources/Programs/volley/main.swift", "import PostgresStore"),
            Sample("Sources/Adapters/Web/Page.swift", "let a = 1; import Redis"),
            Sample("Sources/NewRing/Thing.swift", "let nothing = 0"),
        ],
        kept: [
            Sample("Sources/Trading/Money/Money.swift", "// import Foundation"),
            Sample("Sources/Trading/Money/Money.swift", "let important = 1"),
            Sample("Sources/Desk/Orders/Order.swift", "package import Trading"),
            Sample("Sources/Drivers/Redis/Client.swift", "import CHiredis\nimport Glibc"),
            Sample("Sources/Programs/Wiring/Worker.swift", "import Dhan\nimport Postgres"),
            Sample("Tests/DeskTests/OrderTests.swift", "import Foundation"),
        ]
    ) { file in
        guard let (target, entry) = ImportTable.house.entry(of: file.path) else {
            guard file.isIn("Sources") else { return [] }
            return [Violation(path: file.path, line: 1, why: "its folder is in no target's entry")]
        }
        return file.imports.filter { !entry.modules.contains($0.module) }
            .map {
                Violation(
                    path: file.path,
                    line: $0.line,
                    why: "\(target) may not import \($0.module)"
                )
            }
    }

    static let cImports = Rule(
        sentence: "C libraries are imported by drivers alone",
        broken: [
            Sample("Sources/Programs/Wiring/Worker.swift", "import CCurl"),
            Sample("Sources/Sandbox/BrokerFaces/Face.swift", "package import CMicroHTTPD"),
        ],
        kept: [
            Sample("Sources/Drivers/HTTPClient/Client.swift", "import CCurl"),
            Sample("Sources/Adapters/Web/Web.swift", "import CSV\nimport Commands"),
        ]
    ) { file in
        guard file.isIn("Sources"), !file.isIn("Sources/Drivers") else { return [] }
        return file.imports.filter { isCModule($0.module) }
            .map { Violation(path: file.path, line: $0.line, why: "imports \($0.module)") }
    }

    /// `C` and the name of a library; CSV is ours, and written in Swift.
    private static func isCModule(_ name: String) -> Bool {
        let letters = Array(name)
        return name != "CSV" && letters.count > 1 && letters[0] == "C" && letters[1].isUppercase
    }
}

extension SourceFile {
    /// Every import, in whichever of its forms it is written.
    var imports: [(line: Int, module: String)] {
        code.enumerated().flatMap { number, line in
            line.split(separator: ";").compactMap { statement in
                Self.module(importedBy: statement).map { (number + 1, $0) }
            }
        }
    }

    private static func module(importedBy statement: Substring) -> String? {
        let access: Set<Substring> = ["package", "public", "internal", "private", "fileprivate"]
        let kinds: Set<Substring> = [
            "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
        ]
        var words = statement.split(whereSeparator: \.isWhitespace)[...]
        words = words.drop { $0.hasPrefix("@") || access.contains($0) }
        guard words.popFirst() == "import" else { return nil }
        words = words.drop { kinds.contains($0) }
        return words.first?.split(separator: ".").first.map(String.init)
    }
}
