import Blocking
import Glibc
import Synchronization

/// Asks for one path again and again over many connections, as cheaply as a program can: on the
/// machine that answers, too, whoever asks takes time from who answers.
///
/// One thread, plain sockets, one request at a time on each connection.
final class PollLoad: Sendable {
    /// What came back.
    struct Figures: Sendable {
        var milliseconds: [Double] = []
        /// Answers that said that nothing has changed.
        var unchanged = 0
        /// What was neither that nor an answer.
        var problem: String?
        var seconds = 0.0
        /// What asking took of the machine.
        var cpuSeconds = 0.0

        var perSecond: Double { seconds > 0 ? Double(milliseconds.count) / seconds : 0 }
    }

    /// A request, and what is said with the tag of the last answer.
    struct Request: Sendable {
        let port: Int
        let path: String
        let token: String
        let sendsTag: Bool
    }

    private let isOver = Atomic(false)
    private let figures = Mutex(Figures())
    private let thread = Mutex<IOThread?>(nil)

    /// Begins; asks as fast as it can, or rests for so many milliseconds after each round of all.
    init(_ request: Request, connections: Int, restMilliseconds: UInt32 = 0) {
        let thread = IOThread(name: "polls") { [weak self] in
            var line = PollLine(request, connections: connections)
            while let self, !isOver.load(ordering: .relaxed), line.figures.problem == nil {
                line.turn()
                if restMilliseconds > 0 {
                    // Once nothing is under way, so that it counts for no answer's time.
                    guard line.isIdle else { continue }
                    usleep(restMilliseconds * 1_000)
                }
                line.askAgain()
            }
            line.close()
            self?.figures.withLock { $0 = line.figures }
        }
        self.thread.withLock { $0 = thread }
    }

    /// Ends, and tells.
    func end() async -> Figures {
        isOver.store(true, ordering: .relaxed)
        await thread.withLock(\.self)?.join()
        return figures.withLock(\.self)
    }

    /// Asks for so long.
    static func run(_ request: Request, connections: Int, for length: Duration) async throws
        -> Figures
    {
        let load = PollLoad(request, connections: connections)
        try await Task.sleep(for: length)
        return await load.end()
    }
}

/// The connections of a load, on their one thread.
private struct PollLine {
    private struct Connection {
        var sentAt = ContinuousClock.now
        var received: [UInt8] = []
        var tag: ArraySlice<UInt8>?
    }

    var figures = PollLoad.Figures()
    private var descriptors: [pollfd] = []
    private var connections: [Connection] = []
    /// Those whose answer has come.
    private var idle: [Int] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private let head: [UInt8]
    private let sendsTag: Bool
    private let began = ContinuousClock.now

    private static let lineEnd = Array("\r\n".utf8)

    init(_ request: PollLoad.Request, connections count: Int) {
        sendsTag = request.sendsTag
        head = Array(
            ("GET \(request.path) HTTP/1.1\r\nHost: 127.0.0.1:\(request.port)\r\n"
                + "Authorization: Bearer \(request.token)\r\n").utf8
        )
        for index in 0..<count {
            guard let descriptor = Loopback.connected(to: request.port) else {
                figures.problem = "connection \(index) was refused"
                return
            }
            descriptors.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            connections.append(Connection())
            send(index)
        }
    }

    var isIdle: Bool { idle.count == connections.count }

    /// Asks wherever an answer was whole.
    mutating func askAgain() {
        for index in idle { send(index) }
        idle.removeAll(keepingCapacity: true)
    }

    /// Takes what has come.
    mutating func turn() {
        guard poll(&descriptors, nfds_t(descriptors.count), 100) > 0 else { return }
        for index in descriptors.indices where descriptors[index].revents != 0 {
            let count = recv(descriptors[index].fd, &buffer, buffer.count, 0)
            guard count > 0 else {
                figures.problem = "a connection was closed"
                return
            }
            connections[index].received += buffer[..<count]
            take(index)
        }
    }

    mutating func close() {
        figures.seconds = began.duration(to: .now) / .seconds(1)
        // The thread's clock began with the thread.
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        figures.cpuSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
        for descriptor in descriptors { Glibc.close(descriptor.fd) }
    }

    private mutating func take(_ index: Int) {
        guard let answer = PollAnswer(connections[index].received) else { return }
        let took = connections[index].sentAt.duration(to: .now)
        connections[index].received.removeAll(keepingCapacity: true)
        switch answer.status {
        case 200: connections[index].tag = answer.tag
        case 304: figures.unchanged += 1
        default: figures.problem = "an answer had status \(answer.status)"
        }
        figures.milliseconds.append(took.milliseconds)
        idle.append(index)
    }

    private mutating func send(_ index: Int) {
        var bytes = head
        if sendsTag, let tag = connections[index].tag {
            bytes += Array("If-None-Match: ".utf8) + tag + Self.lineEnd
        }
        bytes += Self.lineEnd
        connections[index].sentAt = .now
        if Glibc.send(descriptors[index].fd, bytes, bytes.count, CInt(MSG_NOSIGNAL))
            != bytes.count
        {
            figures.problem = "a request could not be sent"
        }
    }
}

/// A whole answer, taken apart as far as a load needs it.
struct PollAnswer {
    let status: Int
    let tag: ArraySlice<UInt8>?

    /// - Returns: nil where more of it has to come.
    init?(_ bytes: [UInt8]) {
        var status = 0
        var length = 0
        var tag: ArraySlice<UInt8>?
        var start = 0
        while let end = bytes[start...].firstIndex(of: 13), end + 1 < bytes.count {
            let line = bytes[start..<end]
            if start == 0 {
                // HTTP/1.1 200 OK
                status = Self.number(line.dropFirst(9).prefix(3))
            } else if line.isEmpty {
                guard bytes.count >= end + 2 + (status == 304 ? 0 : length) else { return nil }
                self.status = status
                self.tag = tag
                return
            } else if let value = Self.value(of: Self.lengthName, in: line) {
                length = Self.number(value)
            } else if let value = Self.value(of: Self.tagName, in: line) {
                tag = value
            }
            start = end + 2
        }
        return nil
    }

    private static let lengthName = Array("content-length: ".utf8)
    private static let tagName = Array("etag: ".utf8)

    private static func value(of name: [UInt8], in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard line.count > name.count, zip(name, line).allSatisfy({ $0 == $1 | 0x20 }) else {
            return nil
        }
        return line.dropFirst(name.count)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int {
        digits.reduce(0) { (48...57).contains($1) ? $0 * 10 + Int($1 - 48) : $0 }
    }
}
