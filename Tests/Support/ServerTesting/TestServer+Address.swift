package import NetworkTrouble

extension TestServer {
    /// The host and port in the server's address.
    package func address() throws -> (host: String, port: Int) {
        let place = try Place(of: url())
        return (place.host == "localhost" ? "127.0.0.1" : place.host, place.port ?? defaultPort)
    }

    /// The server's address with this port of 127.0.0.1 in place of its own, for a ``TestProxy``.
    package func url(throughPort port: Int) throws -> String {
        let url = try url()
        let place = try Place(of: url)
        return url[..<place.range.lowerBound] + "127.0.0.1:\(port)" + url[place.range.upperBound...]
    }

    /// A proxy before the server.
    package func proxy() throws -> TestProxy {
        let (host, port) = try address()
        return try TestProxy(toPort: port, host: host)
    }

    private var defaultPort: Int {
        switch self {
        case .postgres: 5432
        case .rabbitMQ: 5672
        case .redis: 6379
        }
    }

    /// The part `host:port` of a URL.
    private struct Place {
        struct Unreadable: Error {}

        let range: Range<String.Index>
        let host: String
        let port: Int?

        init(of url: String) throws {
            guard let scheme = url.firstRange(of: "://") else { throw Unreadable() }
            let rest = url[scheme.upperBound...]
            let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
            let start = rest[..<end].lastIndex(of: "@").map { rest.index(after: $0) }
            range = (start ?? rest.startIndex)..<end
            let parts = url[range].split(separator: ":", omittingEmptySubsequences: false)
            guard let first = parts.first, parts.count <= 2 else { throw Unreadable() }
            host = String(first)
            port = parts.count == 2 ? Int(parts[1]) : nil
        }
    }
}
