import Blocking
import Glibc
import Synchronization

/// Stands between a client and a server on loopback, and fails as told.
final class CuttableProxy: Sendable {
    enum Mode {
        case open
        /// New connections end at once.
        case refusing
        /// What the server says is withheld.
        case mute
    }

    private struct State {
        var mode = Mode.open
        var descriptors: Set<CInt> = []
        var isClosed = false
        var accepted = 0
        var bytesFromClients = 0
    }
    let port: Int
    private let target: Int
    private let listener: CInt
    private let state = Mutex(State())

    init(to target: Int) {
        self.target = target
        (listener, port) = Self.listen()
        let thread = IOThread(name: "proxy") { [self] in acceptAll() }
        _ = thread
    }

    /// How many connections were made through it.
    var accepted: Int { state.withLock { $0.accepted } }

    /// How many bytes clients have sent through it.
    var bytesFromClients: Int { state.withLock { $0.bytesFromClients } }

    func set(_ mode: Mode) { state.withLock { $0.mode = mode } }

    /// Ends all connections, on both sides.
    func cut() {
        state.withLock { state in
            for descriptor in state.descriptors { shutdown(descriptor, CInt(SHUT_RDWR)) }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, CInt(SHUT_RDWR))
        cut()
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            let mode = state.withLock { $0.isClosed ? nil : $0.mode }
            guard client >= 0, let mode else { break }
            guard mode != .refusing, let server = connect() else {
                _ = Glibc.close(client)
                continue
            }
            state.withLock { state in
                state.accepted += 1
                state.descriptors.formUnion([client, server])
            }
            _ = IOThread(name: "proxy-pipe") { [self] in pump(client, server) }
        }
        _ = Glibc.close(listener)
    }

    private func pump(_ client: CInt, _ server: CInt) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        forwarding: while true {
            let isMute = state.withLock { $0.mode == .mute && !$0.isClosed }
            var polled = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isMute ? -1 : server, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&polled, 2, 20)
            for (source, sink) in [(0, server), (1, client)] where polled[source].revents != 0 {
                let count = read(polled[source].fd, &buffer, buffer.count)
                guard count > 0, Self.writeAll(buffer[..<count], to: sink) else { break forwarding }
                if source == 0 { state.withLock { $0.bytesFromClients += count } }
            }
        }
        state.withLock { state in state.descriptors.subtract([client, server]) }
        _ = Glibc.close(client)
        _ = Glibc.close(server)
    }

    private func connect() -> CInt? {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: target)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                Glibc.connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code == 0 { return descriptor }
        _ = Glibc.close(descriptor)
        return nil
    }

    private static func listen() -> (CInt, Int) {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, size) + Glibc.listen(descriptor, 64)
                    + getsockname(descriptor, raw, &size)
            }
        }
        precondition(code == 0, "no port to listen on")
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: CInt) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { part in
                send(descriptor, part.baseAddress, part.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
