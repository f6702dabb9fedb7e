/// A command line, taken apart: words, options with a value, and switches.
struct Arguments {
    private(set) var words: [String] = []
    private var values: [String: String] = [:]
    private var switches: Set<String> = []

    /// Options that stand alone; every other `--option` takes the next word as its value.
    private static let known: Set<String> = [
        "json", "watch", "show", "all", "closed", "help", "exact", "all-or-nothing", "no-color",
        "csv", "execute",
        "quiet", "admin", "links", "requests", "approved", "pin", "kill", "overnight",
    ]

    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                words.append(argument)
                continue
            }
            let option = argument.dropFirst(2)
            if let equals = option.firstIndex(of: "=") {
                values[String(option[..<equals])] = String(option[option.index(after: equals)...])
            } else if Self.known.contains(String(option)) {
                switches.insert(String(option))
            } else if let value = rest.popFirst() {
                values[String(option)] = value
            } else {
                throw UsageError("--\(option) needs a value")
            }
        }
    }

    /// Whether a switch was given.
    func has(_ name: String) -> Bool { switches.contains(name) }

    /// An option's value; asking for it says that the command knows it.
    mutating func take(_ name: String) -> String? { values.removeValue(forKey: name) }

    /// The next word, or what the person forgot.
    mutating func word(_ what: String) throws(UsageError) -> String {
        guard !words.isEmpty else { throw UsageError("\(what) is missing") }
        return words.removeFirst()
    }

    /// The next word, where there is one.
    mutating func optionalWord() -> String? { words.isEmpty ? nil : words.removeFirst() }

    /// Throws where something was given that no one asked for: a misspelt option must not be ignored.
    func finish() throws(UsageError) {
        if let option = values.keys.sorted().first {
            throw UsageError("unknown option --\(option)")
        }
        if let word = words.first { throw UsageError("unexpected word: \(word)") }
    }
}

/// The command line makes no sense; exit status 2.
struct UsageError: Error {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
}
