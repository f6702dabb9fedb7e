import Blocking
import Glibc

/// A TCP client that sends and reads bytes as told, on a thread of its own.
///
/// The thread matters: a test that blocked the pool would block the handlers it waits for.
actor RawPeer {
    enum Failure: Error { case cannotConnect(CInt), timedOut, reset, closed, notHTTP(String) }
    enum Ending: Equatable { case closed, reset }

    private let thread = DedicatedThread(name: "raw-peer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private let descriptor: CInt
    private var unread: [UInt8] = []

    init(port: Int, receiveBuffer: CInt? = nil) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, length)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, length)
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
            throw Failure.cannotConnect(cause)
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw errno == EAGAIN ? Failure.timedOut : Failure.reset }
            rest = rest.dropFirst(sent)
        }
    }

    /// Everything up to and with `mark`.
    func read(through mark: String) throws -> String {
        let wanted = Array(mark.utf8)
        while true {
            let end = unread.firstRange(of: wanted)?.upperBound
            if let end {
                defer { unread.removeFirst(end) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            try receive()
        }
    }

    func read(count: Int) throws -> [UInt8] {
        while unread.count < count { try receive() }
        defer { unread.removeFirst(count) }
        return Array(unread[..<count])
    }

    /// One response with a length, or with none where none is allowed.
    func readResponse(head isHead: Bool = false) throws -> Response {
        let head = try read(through: "\r\n\r\n")
        var lines = head.split(separator: "\r\n").map(String.init)
        let words = lines.removeFirst().split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { throw Failure.notHTTP(head) }
        var headers: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Failure.notHTTP(head) }
            headers[parts[0].lowercased()] = parts[1].trimming(" ")
        }
        var body: [UInt8] = []
        if !isHead {
            if headers["transfer-encoding"] == "chunked" {
                while let chunk = try readChunk() { body += chunk }
            } else {
                body = try read(count: Int(headers["content-length"] ?? "0") ?? 0)
            }
        }
        return Response(status: status, headers: headers, body: body)
    }

    /// One chunk of a chunked body; nil for the last.
    func readChunk() throws -> [UInt8]? {
        let line = try read(through: "\r\n")
        let size = Int(line.prefix { $0.isHexDigit }, radix: 16) ?? 0
        let chunk = try read(count: size + 2).dropLast(2)
        return size == 0 ? nil : Array(chunk)
    }

    /// Reads to the end of the connection: what came, and how it ended.
    func readToEnd() throws -> (bytes: [UInt8], ending: Ending) {
        do {
            while true { try receive() }
        } catch Failure.closed {
            return (unread, .closed)
        } catch Failure.reset {
            return (unread, .reset)
        }
    }

    /// Nothing more will be sent, but answers are still read.
    nonisolated func finishSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    nonisolated func hangUp() { shutdown(descriptor, CInt(SHUT_RDWR)) }

    func close() { Glibc.close(descriptor) }

    /// Closes with a TCP reset.
    func abort() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        Glibc.close(descriptor)
    }

    private func receive() throws {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count == 0 { throw Failure.closed }
        guard count > 0 else {
            throw errno == EAGAIN ? Failure.timedOut : Failure.reset
        }
        unread += piece[..<count]
    }

    struct Response: Sendable {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> String {
        var text = self
        while text.first == character { text.removeFirst() }
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
