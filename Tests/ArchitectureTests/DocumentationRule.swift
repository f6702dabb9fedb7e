extension Rule {
    /// Stored properties and initializers may speak for themselves, and operators are known from
    /// school; every type and every function says in a sentence what it is for.
    static let documentation = Rule(
        sentence: "Types and functions of the rules and the ports are documented",
        broken: [
            Sample("Sources/Trading/Money/Money.swift", "package struct Money {}"),
            Sample("Sources/Trading/Money/Money.swift", "// Plain.\npackage enum Side {}"),
            Sample(
                "Sources/Trading/Money/Money.swift",
                "/// One.\npackage struct A {\n    package static func b() {}\n}"
            ),
            Sample("Sources/Desk/Ports/Clock.swift", "/// A.\n\npackage protocol Clock {}"),
            Sample("Sources/Desk/Ports/Clock.swift", "@frozen\npackage struct Tick {}"),
            Sample(
                "Sources/Desk/Ports/Clock.swift",
                "/// A clock.\npackage protocol Clock {\n    func now() -> Int\n}"
            ),
        ],
        kept: [
            Sample("Sources/Trading/Money/Money.swift", "/// Paise.\npackage struct Money {}"),
            Sample("Sources/Trading/Money/Money.swift", "/// A.\n@frozen\npackage enum Side {}"),
            Sample("Sources/Trading/Money/Money.swift", "package static func < (a: A) {}"),
            Sample("Sources/Trading/Money/Money.swift", "package let paise: Int64"),
            Sample("Sources/Trading/Money/Money.swift", "struct Inner {}"),
            Sample("Sources/Desk/Orders/Order.swift", "package struct ExecuteOrder {}"),
            Sample(
                "Sources/Desk/Ports/Clock.swift",
                "/// A.\npackage protocol Clock {\n    /// B.\n    func now() -> Int\n}"
            ),
        ]
    ) { file in
        guard file.isIn("Sources/Trading", "Sources/Desk/Ports") else { return [] }
        var isInProtocol = false
        return file.code.indices.compactMap { index in
            let words = file.code[index].split(whereSeparator: \.isWhitespace)
            defer {
                if file.code[index].hasPrefix("}") { isInProtocol = false }
                if words.contains("protocol") { isInProtocol = !file.code[index].contains("}") }
            }
            guard declares(words, inProtocol: isInProtocol), !isDocumented(index, in: file)
            else { return nil }
            return Violation(path: file.path, line: index + 1, why: "no documentation")
        }
    }

    private static let kinds: Set<Substring> = [
        "struct", "enum", "protocol", "class", "actor", "func", "typealias", "subscript",
    ]
    private static let modifiers: Set<Substring> = [
        "package", "static", "final", "indirect", "mutating", "nonmutating", "nonisolated",
        "borrowing", "consuming", "isolated",
    ]

    /// Whether a line begins a declaration that needs a sentence.
    private static func declares(_ words: [Substring], inProtocol: Bool) -> Bool {
        let line = words.drop { $0.hasPrefix("@") }
        let before = line.prefix { modifiers.contains($0) }
        let rest = line.dropFirst(before.count)
        guard let kind = rest.first, kinds.contains(kind), before.contains("package") || inProtocol
        else { return false }
        let name = rest.dropFirst().first?.first
        return kind != "func" || name?.isLetter == true || name == "_" || name == "`"
    }

    private static func isDocumented(_ index: Int, in file: SourceFile) -> Bool {
        var above = index - 1
        while above >= 0, trimmed(file.lines[above]).hasPrefix("@") { above -= 1 }
        return above >= 0 && trimmed(file.lines[above]).hasPrefix("///")
    }

    private static func trimmed(_ line: String) -> Substring {
        line.drop(while: \.isWhitespace)
    }
}
