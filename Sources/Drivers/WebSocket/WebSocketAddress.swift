/// The parts of a `ws://` or `wss://` address.
struct WebSocketAddress: Equatable {
    var usesTLS: Bool
    var host: String
    var port: Int
    /// Path and query, as they go into the request line.
    var target: String

    /// Nil for another scheme, a user name, a fragment, or characters that have no place there.
    init?(_ url: String) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        switch url[..<scheme.lowerBound].lowercased() {
        case "ws": usesTLS = false
        case "wss": usesTLS = true
        default: return nil
        }
        let rest = url[scheme.upperBound...]
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !rest.contains("#") else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest[authority.endIndex...]
        target = path.hasPrefix("/") ? String(path) : "/" + path
        guard let (host, port) = Self.split(authority, default: usesTLS ? 443 : 80) else {
            return nil
        }
        self.host = host
        self.port = port
    }

    /// The value of the `Host` header, which also names the server to TLS.
    var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (usesTLS ? 443 : 80) ? name : "\(name):\(port)"
    }

    private static func split(_ authority: Substring, default usual: Int) -> (String, Int)? {
        guard !authority.contains("@") else { return nil }
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { return nil }
            if !after.isEmpty { port = after.dropFirst() }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty else { return nil }
        guard let port else { return (String(host), usual) }
        guard let number = Int(port), (1...65535).contains(number) else { return nil }
        return (String(host), number)
    }
}
