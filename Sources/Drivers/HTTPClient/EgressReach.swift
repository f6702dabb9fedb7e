import Glibc

/// Whether a way out of this machine is there at all, found without telling anything to anybody.
package enum EgressReach {
    /// Why calls cannot leave that way now; nil where they can.
    ///
    /// An address must be one of this machine's. A proxy must take a connection within `timeout`; what
    /// it does with a request, only a request tells.
    package static func obstacle(
        _ egress: Egress,
        by client: HTTPClient,
        timeout: Duration = .seconds(2)
    ) async -> String? {
        switch egress {
        case .address(let text):
            return isOwn(text) ? nil : "address \(text) is not one of this machine's"
        case .proxy(let url):
            guard let place = place(of: url) else { return "the proxy's URL is not understood" }
            var request = HTTPRequest(method: "GET", url: "http://" + place + "/")
            request.timeout = timeout
            do {
                _ = try await client.send(request)
                return nil
            } catch {
                switch error {
                // It took the connection, and speaks something else.
                case .unanswered: return nil
                case .notSent(let reason):
                    return "the proxy at \(place) cannot be reached: \(reason)"
                }
            }
        }
    }

    /// Whether a socket can be bound to the address.
    private static func isOwn(_ text: String) -> Bool {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(text, nil, &hints, &found) == 0, let info = found else { return false }
        defer { freeaddrinfo(info) }
        let socket = socket(info.pointee.ai_family, info.pointee.ai_socktype, 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        return bind(socket, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0
    }

    /// Host and port of a proxy's URL, without user and password; libcurl's usual port where it has
    /// none.
    private static func place(of url: String) -> String? {
        guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
        let authority = url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let host = authority.split(separator: "@", omittingEmptySubsequences: false).last,
            !host.isEmpty
        else { return nil }
        let isBracketed = host.hasPrefix("[")
        let port = isBracketed ? host.firstRange(of: "]:") : host.firstRange(of: ":")
        return port == nil ? host + ":1080" : String(host)
    }
}
