import JSON

extension SandboxGuest {
    func upstox(_ method: String, _ path: String, _ body: String? = nil) async throws -> Answer {
        let headers = [(name: "Authorization", value: "Bearer " + token)]
        return try await send(method, "/upstox" + path, headers: headers, body)
    }
}

extension SandboxGuest.Answer {
    /// The number of Upstox's first error.
    var udapi: String? { json["errors"]?[0]?["errorCode"]?.string }
}
