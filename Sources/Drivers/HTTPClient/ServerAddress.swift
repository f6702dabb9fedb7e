import Glibc

/// An IPv4 address and a port.
///
/// By number only: to look up a name may take seconds, and may give several addresses to try.
struct ServerAddress: Hashable {
    private let address: UInt32
    private let port: UInt16

    /// Nil where the text is not four numbers.
    init?(numeric text: String, port: UInt16) {
        var parsed = in_addr()
        guard inet_pton(AF_INET, text, &parsed) == 1 else { return nil }
        address = parsed.s_addr
        self.port = port
    }

    /// A socket that is connected, or begins to be; -1 where it cannot be.
    func connect() -> CInt {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { return -1 }
        var yes: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(4))
        var peer = sockaddr_in()
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_port = port.bigEndian
        peer.sin_addr.s_addr = address
        let code = withUnsafePointer(to: peer) { peer in
            peer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code == 0 || errno == EINPROGRESS { return descriptor }
        _ = Glibc.close(descriptor)
        return -1
    }
}
