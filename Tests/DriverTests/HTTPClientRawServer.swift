import Glibc
import Synchronization

/// A TCP server of a few lines that does to its clients whatever a test says, bytes and all.
///
/// A thread for the door and one for each connection; all end when the server is stopped or freed.
final class RawServer: Sendable {
    /// A request as it came over the wire.
    struct Request: Sendable {
        let connection: Int
        let peer: String
        let head: String
        let body: [UInt8]
        var line: String { String(head.prefix { $0 != "\r\n" }) }
        /// The header lines, the request line left out.
        var headers: [String] {
            head.split(separator: "\r\n").dropFirst().map(String.init)
        }
    }

    /// One accepted connection, on its own thread.
    final class Connection: Sendable {
        let number: Int
        let peer: String
        private let descriptor: CInt
        private let server: RawServer
        private let rest = Mutex<[UInt8]>([])

        init(number: Int, peer: String, descriptor: CInt, server: RawServer) {
            self.number = number
            self.peer = peer
            self.descriptor = descriptor
            self.server = server
        }

        /// The next request, noted in the server's list; nil once the peer has closed.
        func next() -> Request? {
            guard let head = take(until: Array("\r\n\r\n".utf8)) else { return nil }
            let text = String(decoding: head, as: UTF8.self)
            let length = text.split(separator: "\r\n").lazy
                .filter { $0.lowercased().hasPrefix("content-length:") }
                .compactMap { Int($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) }
                .first
            guard let body = take(count: length ?? 0) else { return nil }
            let request = Request(connection: number, peer: peer, head: text, body: body)
            server.note(request)
            return request
        }

        func write(_ text: String) { write(Array(text.utf8)) }

        func write(_ bytes: [UInt8]) {
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    send(
                        descriptor,
                        $0.baseAddress.map { $0 + sent },
                        bytes.count - sent,
                        CInt(MSG_NOSIGNAL)
                    )
                }
                guard count > 0 else { return }
                sent += count
            }
        }

        func answer(_ status: Int = 200, _ headers: String = "", _ body: [UInt8] = []) {
            let head = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.count)\r\n\(headers)\r\n"
            write(Array(head.utf8) + body)
        }

        /// Makes the close that follows a reset, so that the peer gets an error and not an end.
        func resetOnClose() {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                descriptor,
                SOL_SOCKET,
                SO_LINGER,
                &linger,
                socklen_t(MemoryLayout<linger>.size)
            )
        }

        /// Waits until the peer closes, or the server is stopped.
        func waitForEnd() { while more() {} }

        private func take(until end: [UInt8]) -> [UInt8]? {
            while true {
                let found = rest.withLock { rest -> [UInt8]? in
                    guard rest.count >= end.count else { return nil }
                    let place = (0...(rest.count - end.count)).first {
                        rest[$0..<($0 + end.count)].elementsEqual(end)
                    }
                    guard let place else { return nil }
                    defer { rest.removeFirst(place + end.count) }
                    return Array(rest[..<place])
                }
                if let found { return found }
                if !more() { return nil }
            }
        }

        private func take(count: Int) -> [UInt8]? {
            while rest.withLock({ $0.count }) < count { if !more() { return nil } }
            return rest.withLock { rest in
                defer { rest.removeFirst(count) }
                return Array(rest.prefix(count))
            }
        }

        private func more() -> Bool {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            rest.withLock { $0.append(contentsOf: buffer.prefix(count)) }
            return true
        }
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
        var open: Set<CInt> = []
        var mostOpen = 0
        var isAccepting = false
        var isStopped = false
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let port: Int
    private let listener: CInt
    private let state = Mutex(State())
    private let serve: @Sendable (Connection) -> Void

    /// A server that refuses every connection.
    static func refusing() -> RawServer { RawServer(backlog: -1, accepting: false) { _ in } }

    /// A server on a free loopback port; `serve` has each connection until it returns.
    init(
        backlog: CInt = 512,
        accepting: Bool = true,
        _ serve: @escaping @Sendable (Connection) -> Void
    ) {
        self.serve = serve
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                precondition(bind(listener, address, length) == 0)
                // Bound but not listening, a port refuses, and nobody else can have it.
                precondition(backlog < 0 || listen(listener, backlog) == 0)
                precondition(getsockname(listener, address, &length) == 0)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        self.listener = listener
        self.port = port
        if accepting { startAccepting() }
    }

    /// Answers every request with 200 and no body, and keeps connections alive.
    static func polite() -> RawServer {
        RawServer { connection in while connection.next() != nil { connection.answer() } }
    }

    /// Begins to accept, where the server was made not to.
    func startAccepting() {
        state.withLock { $0.isAccepting = true }
        Self.onThread { [self] in acceptAll() }
    }

    /// Knocks at the unopened door until its queue is full, so that nobody else gets in.
    ///
    /// - Returns: the sockets that knocked; the caller closes them.
    func fillQueue() -> [CInt] {
        var sockets: [CInt] = []
        while sockets.count < 64 {
            let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            address.sin_port = in_port_t(port).bigEndian
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            sockets.append(descriptor)
            var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            // Who knocks at a full queue hears nothing.
            if poll(&polled, 1, 200) == 0 { return sockets }
        }
        return sockets
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }
    /// The most connections that were open at one time.
    var mostOpen: Int { state.withLock { $0.mostOpen } }

    /// Waits until so many requests have been read whole.
    func hasRead(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests.count < count { state.waiting.append((count, continuation)) }
                return state.requests.count >= count
            }
            if isThere { continuation.resume() }
        }
    }

    /// Shuts the door and all connections; every test must call it.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            if state.isAccepting { shutdown(listener, CInt(SHUT_RDWR)) } else { close(listener) }
            for descriptor in state.open { shutdown(descriptor, CInt(SHUT_RDWR)) }
        }
    }

    private func note(_ request: Request) {
        let ready = state.withLock { state in
            state.requests.append(request)
            let count = state.requests.count
            let ready = state.waiting.filter { $0.count <= count }.map(\.continuation)
            state.waiting.removeAll { $0.count <= count }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }

    private func acceptAll() {
        while true {
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    accept(listener, $0, &length)
                }
            }
            guard descriptor >= 0 else { break }
            let number = state.withLock { state -> Int? in
                guard !state.isStopped else { return nil }
                state.connections += 1
                state.open.insert(descriptor)
                state.mostOpen = max(state.mostOpen, state.open.count)
                return state.connections
            }
            guard let number else {
                close(descriptor)
                break
            }
            let ip = UInt32(bigEndian: address.sin_addr.s_addr)
            let peer = [24, 16, 8, 0].map { String(ip >> $0 & 255) }.joined(separator: ".")
            let connection = Connection(
                number: number,
                peer: peer,
                descriptor: descriptor,
                server: self
            )
            Self.onThread { [self] in
                serve(connection)
                state.withLock { state in
                    state.open.remove(descriptor)
                    close(descriptor)
                }
            }
        }
        close(listener)
    }

    private final class Job {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        // Released by the thread.
        let job = Unmanaged.passRetained(Job(body)).toOpaque()
        let code = pthread_create(
            &thread,
            nil,
            { job in
                if let job { Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body() }
                return nil
            },
            job
        )
        precondition(code == 0)
        pthread_detach(thread)
    }
}

/// A gate that a server's thread waits at until the test opens it.
final class Gate: Sendable {
    private let isOpen = Atomic(false)

    func open() { isOpen.store(true, ordering: .releasing) }

    /// Waits, on a thread that may block; after a minute it lets pass, so that no thread stays.
    func pass() {
        for _ in 0..<60_000 where !isOpen.load(ordering: .acquiring) { usleep(1000) }
    }
}
