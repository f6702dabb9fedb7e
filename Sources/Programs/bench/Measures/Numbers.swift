/// An option that takes a whole number.
struct NumberOption: Sendable {
    let name: String
    let usual: Int
    let range: ClosedRange<Int>

    init(_ name: String, _ usual: Int, _ range: ClosedRange<Int>) {
        self.name = name
        self.usual = usual
        self.range = range
    }
}

/// The numbers of a command line, each checked against its option.
struct Numbers: Sendable {
    private var values: [String: Int]

    /// - Returns: nil where an option is unknown, has no number, or one out of its range.
    init?(_ arguments: [String], _ options: [NumberOption]) {
        values = Dictionary(options.map { ($0.name, $0.usual) }) { $1 }
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard let option = options.first(where: { "--" + $0.name == word }),
                let number = rest.popFirst().flatMap({ Int($0) }), option.range.contains(number)
            else { return nil }
            values[option.name] = number
        }
    }

    /// The number given, or the usual one; asking for an option that is not declared is a defect.
    subscript(name: String) -> Int {
        guard let value = values[name] else { preconditionFailure("no option \(name)") }
        return value
    }

    /// The number given, or the usual one; nil where there is no such option.
    func ifDeclared(_ name: String) -> Int? { values[name] }
}
