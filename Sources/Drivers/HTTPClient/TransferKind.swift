/// What decides most of a handle's options: two transfers of one kind differ in URL, headers, body
/// and time alone.
struct TransferKind: Equatable {
    enum Content { case none, empty, whole, pieces }

    /// libcurl puts no more than 64 KiB of a body into its first write.
    private static let longestWhole = 32 << 10

    let method: String
    let content: Content
    let isStream: Bool
    let egress: Egress?
    let connectTimeout: Duration

    init(_ transfer: Transfer) {
        let request = transfer.request
        method = request.method
        content =
            if let body = request.body {
                Self.content(body)
            } else {
                ["POST", "PUT", "PATCH"].contains(method) ? .empty : .none
            }
        isStream = transfer.isStream
        egress = request.egress
        connectTimeout = request.connectTimeout
    }

    static func content(_ body: [UInt8]) -> Content {
        if body.isEmpty { return .empty }
        return body.count <= longestWhole ? .whole : .pieces
    }
}
