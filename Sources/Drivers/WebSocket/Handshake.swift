import CWebSockets

/// What a client asked for when it opened a connection.
struct Handshake: Sendable {
    var path = ""
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var remoteAddress = ""

    /// The request of our own client, as far as it is of use to its user.
    init(path: String) { self.path = path }

    /// Copies the request's head; the library keeps it only during the handshake.
    init(of socket: OpaquePointer, customHeaders: [String]) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { buffer in
            guard let text = buffer.baseAddress else { return }
            let capacity = CInt(buffer.count)
            if cws_path(socket, text, capacity) > 0 { path = String(cString: text) }
            var index: CInt = 0
            while cws_query(socket, index, text, capacity) >= 0 {
                let pair = String(cString: text)
                let parts = pair.split(
                    separator: "=",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                query.append((String(parts[0]), parts.count > 1 ? String(parts[1]) : ""))
                index += 1
            }
            index = 0
            while true {
                var name: UnsafePointer<CChar>?
                let length = cws_header(socket, index, &name, text, capacity)
                guard length != -2 else { break }
                if length > 0, let name {
                    headers.append(
                        (String(String(cString: name).dropLast()), String(cString: text))
                    )
                }
                index += 1
            }
            for name in customHeaders {
                guard cws_custom_header(socket, name + ":", text, capacity) >= 0 else { continue }
                headers.append((name, String(cString: text)))
            }
            cws_peer(socket, text, 64)
            remoteAddress = String(cString: text)
        }
    }
}
