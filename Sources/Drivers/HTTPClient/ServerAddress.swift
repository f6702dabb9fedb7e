import Glibc

/// A server's addresses, looked up by name.
struct ServerAddress {
    private let storage: sockaddr_storage
    private let length: socklen_t

    /// The first address of a host; blocks while the name is looked up.
    init?(host: String, port: String) {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0, let first = found else { return nil }
        defer { freeaddrinfo(first) }
        guard let address = first.pointee.ai_addr,
            first.pointee.ai_addrlen <= socklen_t(MemoryLayout<sockaddr_storage>.size)
        else { return nil }
        var storage = sockaddr_storage()
        length = first.pointee.ai_addrlen
        withUnsafeMutableBytes(of: &storage) { target in
            target.copyMemory(
                from: UnsafeRawBufferPointer(start: address, count: Int(first.pointee.ai_addrlen))
            )
        }
        self.storage = storage
    }

    /// A socket that is connected, or begins to be; -1 where it cannot be.
    func connect() -> CInt {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(CInt(storage.ss_family), kind, 0)
        guard descriptor >= 0 else { return -1 }
        var yes: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(4))
        let code = withUnsafePointer(to: storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, length)
            }
        }
        if code == 0 || errno == EINPROGRESS { return descriptor }
        _ = Glibc.close(descriptor)
        return -1
    }
}
