/// Names that no other test, process or run uses.
package enum TestNames {
    /// Begins the names of this test's RabbitMQ queues: `volley-test.rabbit.3f….`; with a dot last.
    package static func queuePrefix(_ test: String = "test") -> String {
        "volley-test.\(test).\(unique())."
    }

    /// Begins the names of this test's Redis keys and channels; with a colon last.
    package static func keyPrefix(_ test: String = "test") -> String {
        "volley-test:\(test):\(unique()):"
    }

    /// A PostgreSQL schema, or any other name of small letters and digits.
    package static func schema() -> String { "volley_test_\(unique())" }

    /// Sixteen hexadecimal digits, drawn anew each time.
    package static func unique() -> String {
        let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
