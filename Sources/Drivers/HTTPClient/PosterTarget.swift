/// A URL that notices go to, with the request's head as far as it is always the same.
struct PosterTarget {
    let server: ServerAddress
    /// The request's bytes up to the value of the length, which comes last.
    let head: [UInt8]

    /// Nil where it is not plain HTTP to an IPv4 address, or has what a request line must not hold.
    init?(_ url: String) {
        let scheme = "http://"
        guard url.utf8.count > scheme.utf8.count,
            url.prefix(scheme.utf8.count).lowercased() == scheme,
            url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        let rest = url.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest.dropFirst(authority.count).prefix { $0 != "#" }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard
            parts.count <= 2, let port = parts.count == 2 ? UInt16(parts[1]) : 80,
            let server = ServerAddress(numeric: String(parts[0]), port: port)
        else { return nil }
        self.server = server
        let target = path.hasPrefix("/") ? String(path) : "/" + path
        head = Array(
            ("POST \(target) HTTP/1.1\r\nHost: \(authority)\r\nUser-Agent: volley\r\nAccept: */*\r\n"
                + "Content-Type: application/json\r\nContent-Length: ").utf8
        )
    }

    /// Writes the whole request in the place of what the buffer held.
    func write(_ body: [UInt8], into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: head)
        bytes.append(contentsOf: String(body.count).utf8)
        bytes.append(contentsOf: "\r\n\r\n".utf8)
        bytes.append(contentsOf: body)
    }
}
