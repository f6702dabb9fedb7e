import Blocking
import Glibc

/// Many connections on one thread, which ask at the same moment and then wait for their answers.
actor Crowd {
    private let thread = DedicatedThread(name: "crowd")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private let descriptors: [CInt]

    init(_ count: Int, port: Int) throws {
        descriptors = try (0..<count).map { _ in try Self.connected(to: port) }
    }

    /// How many answers came; each round is over when everyone has one, or has waited 20 s.
    func askAtOnce(rounds: Int) -> Int {
        let request = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        var answer = [UInt8](repeating: 0, count: 4096)
        var answered = 0
        for _ in 0..<rounds {
            for descriptor in descriptors { _ = write(descriptor, request, request.count) }
            let before = answered
            for descriptor in descriptors where read(descriptor, &answer, answer.count) > 0 {
                answered += 1
            }
            guard answered == before + descriptors.count else { break }
        }
        return answered
    }

    func close() { for descriptor in descriptors { _ = Glibc.close(descriptor) } }

    private static func connected(to port: Int) throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, length)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            let cause = errno
            Glibc.close(descriptor)
            throw RawPeer.Failure.cannotConnect(cause)
        }
        return descriptor
    }
}
