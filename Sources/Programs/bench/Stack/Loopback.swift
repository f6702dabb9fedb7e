import Glibc

/// Ports of this machine, in URLs and free ones.
enum Loopback {
    /// The port in a URL whose host is 127.0.0.1.
    static func port(of url: String) throws -> Int {
        guard let start = url.firstRange(of: "127.0.0.1:")?.upperBound,
            let port = Int(url[start...].prefix { $0.isNumber })
        else { throw Unusable(description: "an address without a port of 127.0.0.1") }
        return port
    }

    /// The URL with another port.
    static func moved(_ url: String, to port: Int) -> String {
        guard let start = url.firstRange(of: "127.0.0.1:")?.upperBound else { return url }
        let rest = url[start...].drop { $0.isNumber }
        return url[..<start] + "\(port)" + rest
    }

    /// A connection to a port of this machine; nil where it is refused.
    static func connected(to port: Int) -> CInt? {
        let socket = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = address(port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(socket)
            return nil
        }
        var yes: CInt = 1
        setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
        return socket
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Below those from which Linux gives outgoing connections theirs, of which a run has hundreds.
    private static let ports = 10_240..<32_768

    /// A port that nobody uses at the moment.
    static func freePort() throws -> Int {
        for _ in 0..<1_000 {
            let port = Int.random(in: ports)
            let socket = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            var address = address(port)
            let isBound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isBound { return port }
        }
        throw Unusable(description: "no port is free")
    }
}
