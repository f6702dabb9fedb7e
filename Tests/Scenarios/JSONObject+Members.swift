import JSON

extension JSONObject {
    /// With these members, in this order.
    init(_ members: [(String, JSONValue)]) {
        self.init()
        for (key, value) in members { _ = append(key, value) }
    }
}
