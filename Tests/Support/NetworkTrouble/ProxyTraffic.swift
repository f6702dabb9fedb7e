import Glibc

/// The sockets of a ``TestProxy``, used by its thread alone.
struct ProxyTraffic {
    /// A socket call failed.
    struct Failure: Error { let call: String, code: CInt }

    /// Two connected sockets, and what was read from one but not yet taken by the other.
    private struct Pair {
        let client: CInt
        let server: CInt
        var toServer: [UInt8] = []
        var toClient: [UInt8] = []
        /// What is still on its way, with the moment of its arrival.
        var lateToServer: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []
        var lateToClient: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []
        /// The last bytes of the client's, so that a pattern is found across two reads.
        var tail: [UInt8] = []

        var nextDue: ContinuousClock.Instant? {
            [lateToServer.first?.due, lateToClient.first?.due].compactMap(\.self).min()
        }

        /// Keeps back what was read just now, behind what is kept back already.
        mutating func keepBack(
            fromClient: Int,
            fromServer: Int,
            for delay: Duration,
            at now: ContinuousClock.Instant
        ) {
            Self.keepBack(&toServer, from: fromClient, in: &lateToServer, until: now + delay)
            Self.keepBack(&toClient, from: fromServer, in: &lateToClient, until: now + delay)
            Self.letArrive(&lateToServer, in: &toServer, at: now)
            Self.letArrive(&lateToClient, in: &toClient, at: now)
        }

        private static func keepBack(
            _ buffer: inout [UInt8],
            from start: Int,
            in late: inout [(due: ContinuousClock.Instant, bytes: [UInt8])],
            until due: ContinuousClock.Instant
        ) {
            guard start < buffer.count else { return }
            late.append((max(due, late.last?.due ?? due), Array(buffer[start...])))
            buffer.removeSubrange(start...)
        }

        private static func letArrive(
            _ late: inout [(due: ContinuousClock.Instant, bytes: [UInt8])],
            in buffer: inout [UInt8],
            at now: ContinuousClock.Instant
        ) {
            let count = late.prefix { $0.due <= now }.count
            for chunk in late.prefix(count) { buffer += chunk.bytes }
            late.removeFirst(count)
        }
    }

    /// Per direction; more waits in the kernel.
    private static let bufferLimit = 1 << 20

    private(set) var port: Int
    private(set) var accepted = 0
    private(set) var isClosed = false
    var isFrozen = false
    var delay = Duration.zero
    var fatalPattern: [UInt8]?
    var freezingPattern: [UInt8]?
    private let serverAddress: sockaddr_in
    private var listener: CInt = -1
    private var isListening = true
    private var pairs: [Pair] = []

    var openCount: Int { pairs.count }

    init(serverHost: String, serverPort: Int) throws {
        serverAddress = try Self.address(serverHost, serverPort)
        port = 0
        try bindSomewhere()
        guard Glibc.listen(listener, 256) == 0 else { throw Failure(call: "listen", code: errno) }
    }

    // MARK: Orders

    mutating func listen() {
        guard !isListening, !isClosed else { return }
        isListening = Glibc.listen(listener, 256) == 0
        precondition(isListening, "the test proxy cannot listen again on port \(port)")
    }

    /// The port stays ours: bound, but not listened on, so that connections are refused.
    mutating func stopListening() {
        guard isListening else { return }
        isListening = false
        _ = Glibc.close(listener)
        do {
            try bindListener()
        } catch {
            fatalError("the test proxy cannot keep port \(port): \(error)")
        }
    }

    mutating func cutAll() {
        // Those not yet taken would else outlive the cut.
        while isListening {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 { break }
            accepted += 1
            Self.reset(client)
        }
        for pair in pairs { Self.reset(pair) }
        pairs = []
    }

    mutating func close() {
        cutAll()
        _ = Glibc.close(listener)
        isListening = false
        isClosed = true
    }

    // MARK: Moving bytes

    /// Waits until something can be moved, or `wakeup` says that there is an order.
    func wait(_ wakeup: CInt) {
        var polled = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
        if !isFrozen {
            if isListening { polled.append(Self.poll(listener, reads: true, writes: false)) }
            for pair in pairs {
                let takes = pair.toServer.count < Self.bufferLimit
                let gives = pair.toClient.count < Self.bufferLimit
                polled.append(
                    Self.poll(pair.client, reads: takes, writes: !pair.toClient.isEmpty)
                )
                polled.append(
                    Self.poll(pair.server, reads: gives, writes: !pair.toServer.isEmpty)
                )
            }
        }
        _ = Glibc.poll(&polled, nfds_t(polled.count), millisecondsToNextArrival)
    }

    private var millisecondsToNextArrival: CInt {
        guard !isFrozen, let due = pairs.compactMap(\.nextDue).min() else { return -1 }
        let left = ContinuousClock.now.duration(to: due) / .milliseconds(1)
        return CInt(max(0, min(left, 60_000)).rounded(.up))
    }

    /// Takes new connections and moves whatever can be moved without waiting.
    mutating func move() {
        guard !isFrozen, !isClosed else { return }
        acceptNew()
        pairs = pairs.compactMap { pair in
            var pair = pair
            if move(&pair) { return pair }
            Self.reset(pair)
            return nil
        }
    }

    private mutating func acceptNew() {
        while isListening {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            accepted += 1
            let server = Self.newSocket()
            var address = serverAddress
            let isConnected = Self.withGeneric(&address) { Glibc.connect(server, $0, $1) == 0 }
            guard isConnected else {
                Self.reset(client)
                _ = Glibc.close(server)
                continue
            }
            for socket in [client, server] {
                var one: CInt = 1
                setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &one, 4)
                _ = fcntl(socket, F_SETFL, O_NONBLOCK)
            }
            pairs.append(Pair(client: client, server: server))
        }
    }

    /// False where the pair is to be cut.
    private mutating func move(_ pair: inout Pair) -> Bool {
        let fromClient = pair.toServer.count
        var goesOn = Self.read(pair.client, into: &pair.toServer)
        if let fatalPattern {
            let seen = pair.tail + pair.toServer[fromClient...]
            if Self.contains(seen, fatalPattern) {
                self.fatalPattern = nil
                // To the end and in order (FIN), so that the server reads and does it.
                _ = Self.write(&pair.toServer, to: pair.server)
                return false
            }
            pair.tail = Array(seen.suffix(fatalPattern.count - 1))
        }
        if let freezingPattern, let end = Self.end(of: freezingPattern, in: pair.toServer) {
            self.freezingPattern = nil
            isFrozen = true
            var half = Array(pair.toServer[..<end])
            pair.toServer.removeFirst(end)
            // A few bytes, which an idle socket takes at once.
            return Self.write(&half, to: pair.server) && half.isEmpty
        }
        let fromServer = pair.toClient.count
        goesOn = Self.read(pair.server, into: &pair.toClient) && goesOn
        if delay > .zero || pair.nextDue != nil {
            pair.keepBack(
                fromClient: fromClient,
                fromServer: fromServer,
                for: delay,
                at: ContinuousClock.now
            )
        }
        // What one side said before it hung up still goes to the other.
        goesOn = Self.write(&pair.toServer, to: pair.server) && goesOn
        goesOn = Self.write(&pair.toClient, to: pair.client) && goesOn
        return goesOn
    }

    private static func read(_ socket: CInt, into buffer: inout [UInt8]) -> Bool {
        while buffer.count < bufferLimit {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = Glibc.read(socket, &chunk, chunk.count)
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            buffer.append(contentsOf: chunk[..<count])
        }
        return true
    }

    private static func write(_ buffer: inout [UInt8], to socket: CInt) -> Bool {
        while !buffer.isEmpty {
            let count = send(socket, buffer, buffer.count, CInt(MSG_NOSIGNAL))
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            buffer.removeFirst(count)
        }
        return true
    }

    /// Where the first occurrence of a pattern ends.
    private static func end(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first { start in
            bytes[start..<(start + pattern.count)].elementsEqual(pattern)
        }.map { $0 + pattern.count }
    }

    private static func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
        end(of: pattern, in: bytes) != nil
    }

    // MARK: Sockets

    /// Takes a port that the kernel gives to no outgoing connection: it is let go and taken again.
    private mutating func bindSomewhere() throws {
        for _ in 0..<100 {
            port = Int.random(in: 10_000..<32_000)
            do {
                return try bindListener()
            } catch let failure as Failure where failure.code == EADDRINUSE {
                continue
            }
        }
        port = 0
        try bindListener()
    }

    private mutating func bindListener() throws {
        let socket = Self.newSocket()
        var one: CInt = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        var address = try Self.address("127.0.0.1", port)
        let isBound = Self.withGeneric(&address) { Glibc.bind(socket, $0, $1) == 0 }
        guard isBound else {
            let code = errno
            _ = Glibc.close(socket)
            throw Failure(call: "bind", code: code)
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(socket, $0, &length)
            }
        }
        _ = fcntl(socket, F_SETFL, O_NONBLOCK)
        port = Int(UInt16(bigEndian: address.sin_port))
        listener = socket
    }

    private static func newSocket() -> CInt {
        socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    }

    private static func address(_ host: String, _ port: Int) throws -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            throw Failure(call: "inet_pton", code: EINVAL)
        }
        return address
    }

    private static func withGeneric<R>(
        _ address: inout sockaddr_in,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func poll(_ socket: CInt, reads: Bool, writes: Bool) -> pollfd {
        let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
        return pollfd(fd: socket, events: Int16(events), revents: 0)
    }

    /// The client sees a reset; the server an end, after all that was passed on.
    private static func reset(_ pair: Pair) {
        reset(pair.client)
        _ = Glibc.close(pair.server)
    }

    private static func reset(_ socket: CInt) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        _ = Glibc.close(socket)
    }
}
