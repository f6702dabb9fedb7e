import Blocking
import Glibc
import Synchronization
import Testing
import WebSocket

/// Runs `body` with a server on a free port, and stops it also where `body` throws.
func servingWebSockets(
    configure: (inout WebSocketServerConfiguration) -> Void = { _ in },
    handler: @escaping WebSocketServer.Handler,
    _ body: (WebSocketServer, String) async throws -> Void
) async throws {
    var configuration = WebSocketServerConfiguration(port: 0)
    configuration.options = .patient
    configure(&configuration)
    let server = WebSocketServer(configuration, onConnection: handler)
    try server.start()
    do {
        try await body(server, "ws://127.0.0.1:\(server.port)")
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
    try await waitUntil { server.connectionCount == 0 }
}

extension WebSocketOptions {
    /// Nobody is given up because a busy machine is late.
    static var patient: WebSocketOptions {
        var options = WebSocketOptions()
        options.lostAfter = .seconds(600)
        return options
    }
}

/// Sends each message back.
@Sendable func echo(_ connection: WebSocketConnection) async {
    do {
        for try await message in connection.messages { try await connection.send(message) }
    } catch {
        // Lost or closed meanwhile: the test sees it at its own end.
    }
}

extension WebSocketConnection {
    func receive() async throws -> WebSocketMessage? {
        var messages = messages.makeAsyncIterator()
        return try await messages.next()
    }
}

extension RawPeer {
    /// The client's half of a handshake, by hand.
    func openWebSocket() throws {
        try send(
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        let answer = try read(through: "\r\n\r\n")
        // The example of RFC 6455, section 1.3.
        guard answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") else {
            throw Failure.notHTTP(answer)
        }
    }

    func sendFrame(_ opcode: UInt8, isFinal: Bool = true, _ payload: [UInt8]) throws {
        precondition(payload.count < 126)
        let mask: [UInt8] = [1, 2, 3, 4]
        let masked = payload.enumerated().map { $1 ^ mask[$0 % 4] }
        try send([(isFinal ? 0x80 : 0) | opcode, 0x80 | UInt8(payload.count)] + mask + masked)
    }

    func readFrame() throws -> (opcode: UInt8, payload: [UInt8]) {
        let head = try read(count: 2)
        return (head[0] & 0x0F, try read(count: Int(head[1])))
    }
}

/// A TCP proxy for one connection, which can fall silent or cut the line.
final class UnreliableProxy: Sendable {
    enum Mood: Int { case honest, silent, cutting }

    let port: Int
    private let mood = Atomic<Int>(Mood.honest.rawValue)
    private let listener: CInt
    private let target: Int

    init(to target: Int) throws {
        self.target = target
        (listener, port) = try RawListener.bind()
        guard listen(listener, 8) == 0 else { throw RawPeer.Failure.cannotConnect(errno) }
    }

    deinit { close(listener) }

    func become(_ mood: Mood) { self.mood.store(mood.rawValue, ordering: .sequentiallyConsistent) }

    /// Serves one connection, to its end.
    func run() async throws { try await Worker().forward(self) }

    private actor Worker {
        private let thread = DedicatedThread(name: "proxy")
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            thread.asUnownedSerialExecutor()
        }

        func forward(_ proxy: UnreliableProxy) throws {
            let near = accept(proxy.listener, nil, nil)
            let far = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            defer {
                close(near)
                close(far)
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(proxy.target).bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(far, $0, length) }
            }
            guard code == 0 else { throw RawPeer.Failure.cannotConnect(errno) }
            while true {
                switch Mood(rawValue: proxy.mood.load(ordering: .sequentiallyConsistent)) {
                case .cutting: return
                case .silent: usleep(5000)
                default: guard pass(near, far) else { return }
                }
            }
        }

        private func pass(_ near: CInt, _ far: CInt) -> Bool {
            var polled = [
                pollfd(fd: near, events: Int16(POLLIN), revents: 0),
                pollfd(fd: far, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&polled, 2, 5)
            for (from, to) in [(polled[0], far), (polled[1], near)] where from.revents != 0 {
                var piece = [UInt8](repeating: 0, count: 65536)
                let count = recv(from.fd, &piece, piece.count, 0)
                guard count > 0, send(to, piece, count, CInt(MSG_NOSIGNAL)) == count else {
                    return false
                }
            }
            return true
        }
    }
}

/// A listening socket that nobody accepts from, and a port on which nobody listens.
final class RawListener: Sendable {
    let port: Int
    let freePort: Int
    private let descriptor: CInt

    init() throws {
        let (bound, port) = try Self.bind()
        let (unused, freePort) = try Self.bind()
        close(unused)
        guard listen(bound, 8) == 0 else { throw RawPeer.Failure.cannotConnect(errno) }
        descriptor = bound
        self.port = port
        self.freePort = freePort
    }

    deinit { close(descriptor) }

    static func bind() throws -> (CInt, Int) {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.bind(descriptor, address, length) + getsockname(descriptor, address, &length)
            }
        }
        guard code == 0 else { throw RawPeer.Failure.cannotConnect(errno) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
