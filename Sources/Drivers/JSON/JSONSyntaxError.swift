/// Why, and at which byte, a text is not JSON; shows nothing of the text itself.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    /// How many bytes come before the fault.
    package let offset: Int
    /// What is wrong there.
    package let reason: String

    /// The fault at a byte.
    package init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String { "not JSON at byte \(offset): \(reason)" }
}
