/// What a handler answers.
package struct HTTPServerResponse: Sendable {
    /// 200 to 999.
    package var status: Int
    /// Sent as given, but for `Content-Length` and `Transfer-Encoding`, which the server decides.
    package var headers: [(String, String)]
    package var body: HTTPBody

    package init(status: Int, headers: [(String, String)] = [], body: HTTPBody = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    func header(_ lowercasedName: String) -> String? {
        headers.first { Self.isSame($0.0, lowercasedName) }?.1
    }

    /// Asked for every header of every answer, so without a copy of either name.
    private static func isSame(_ name: String, _ lowercased: String) -> Bool {
        name.utf8.count == lowercased.utf8.count
            && zip(name.utf8, lowercased.utf8).allSatisfy { byte, wanted in
                let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                return (isUpper ? byte | 0x20 : byte) == wanted
            }
    }
}

/// How the body of an answer is made, or how the answer is spoiled on purpose.
package enum HTTPBody: Sendable {
    case bytes([UInt8])
    /// Written piece by piece while the closure runs; the connection ends its answer when it returns.
    ///
    /// The closure's task is cancelled when the peer is gone or the server stops. A peer that hangs
    /// up is noticed at the next write only, so a quiet stream should write a heartbeat.
    case stream(@Sendable (HTTPBodyWriter) async throws -> Void)
    /// Closes the connection with no answer.
    case dropConnection
    /// Ends the connection with a TCP reset and no answer.
    case resetConnection
    /// Claims a length, sends these bytes, then resets the connection.
    case truncated([UInt8], claimedLength: Int)
}
