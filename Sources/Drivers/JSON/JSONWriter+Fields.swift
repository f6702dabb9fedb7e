extension JSONWriter {
    /// Writes a member that holds a string.
    package mutating func field(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    /// Writes a member that holds a whole number.
    package mutating func field(_ name: String, _ number: some BinaryInteger) {
        key(name)
        integer(number)
    }

    /// Writes a member that holds a truth value.
    package mutating func field(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// Writes a member that holds a number as it came.
    package mutating func field(_ name: String, _ number: JSONNumber) {
        key(name)
        rawNumber(number.text)
    }

    /// Writes a member that holds a whole tree.
    package mutating func field(_ name: String, _ tree: JSONValue) {
        key(name)
        value(tree)
    }

    /// Writes a member that holds a string or `null`.
    package mutating func fieldOrNull(_ name: String, _ text: String?) {
        key(name)
        if let text { string(text) } else { null() }
    }

    /// Writes a member that holds a whole number or `null`.
    package mutating func fieldOrNull(_ name: String, _ number: (some BinaryInteger)?) {
        key(name)
        if let number { integer(number) } else { null() }
    }

    /// Writes a member that holds a truth value or `null`.
    package mutating func fieldOrNull(_ name: String, _ value: Bool?) {
        key(name)
        if let value { bool(value) } else { null() }
    }
}
