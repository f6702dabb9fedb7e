/// What is wrong with one field of a request.
package struct FieldProblem: Sendable, Equatable {
    /// The field's name in JSON, in snake case.
    package let field: String
    /// Stable, for programs.
    package let code: String
    /// For people.
    package let sentence: String

    package init(_ field: String, _ code: String, _ sentence: String) {
        self.field = field
        self.code = code
        self.sentence = sentence
    }
}
