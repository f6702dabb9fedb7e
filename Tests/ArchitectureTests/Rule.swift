import Testing

/// A rule that every source file keeps, with samples that show that it sees what it is for.
struct Rule: Sendable, CustomTestStringConvertible {
    /// A planted file.
    struct Sample: Sendable {
        let path: String
        let text: String

        init(_ path: String, _ text: String) {
            self.path = path
            self.text = text
        }
    }

    /// The rule as a sentence.
    let sentence: String
    /// Each of these breaks the rule.
    let broken: [Sample]
    /// None of these does.
    let kept: [Sample]
    let violations: @Sendable (SourceFile) -> [Violation]

    var testDescription: String { sentence }

    static let all: [Rule] = [
        imports, cImports, documentation, floatingPointInTrading, floatingPointInDesk, printing,
        forcedTries, uncheckedSendability, looseEnds, length, brokersByName,
    ]
}
