import JSON

extension JSONValue {
    /// As it is sent, and shown where a test fails.
    var text: String { String(decoding: serialized(), as: UTF8.self) }
}
