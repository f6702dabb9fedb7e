import Blocking
import CHiredis
import Glibc

/// One connection to Redis, for the thread that made it; nothing here blocks but name resolution.
///
/// After any error the library's context is dead: drop the link.
final class RedisLink {
    private let context: UnsafeMutablePointer<redisContext>

    /// Waits until the descriptor is ready, in whatever way the thread waits.
    typealias Wait = (_ descriptor: CInt, _ writing: Bool, _ limit: Duration) -> Void

    /// Waits for nothing else meanwhile.
    static func waitForSocketAlone(_ descriptor: CInt, writing: Bool, limit: Duration) {
        let interest = POLLIN | (writing ? POLLOUT : 0)
        var polled = pollfd(fd: descriptor, events: Int16(interest), revents: 0)
        _ = poll(&polled, 1, limit.pollMilliseconds)
    }

    /// Connects, logs in and chooses the database, within the time to connect.
    init(_ configuration: RedisConfiguration, purpose: String, wait: Wait) throws(RedisError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        guard let context = redisConnectNonBlock(configuration.host, CInt(configuration.port))
        else {
            throw .down("out of memory")
        }
        self.context = context
        try check()
        try awaitConnection(until: deadline, wait: wait)
        // Both only find out sooner what the time limits find out anyway.
        _ = redisEnableKeepAlive(context)
        var yes: CInt = 1
        setsockopt(context.pointee.fd, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
        for command in Self.greeting(configuration, purpose: purpose) {
            try greet(command, until: deadline, wait: wait)
        }
    }

    deinit { redisFree(context) }

    var descriptor: CInt { context.pointee.fd }

    /// Queues whole commands for writing.
    func append(_ commands: [UInt8]) throws(RedisError) {
        commands.withUnsafeBytes { bytes in
            _ = redisAppendFormattedCommand(
                context,
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                bytes.count
            )
        }
        try check()
    }

    /// Writes what the socket takes.
    ///
    /// - Returns: whether something is left.
    func flush() throws(RedisError) -> Bool {
        var isDone: CInt = 0
        _ = redisBufferWrite(context, &isDone)
        try check()
        return isDone == 0
    }

    /// Reads what has come; nothing if nothing has.
    func read() throws(RedisError) {
        _ = redisBufferRead(context)
        try check()
    }

    /// The next whole reply of what was read.
    func nextReply() throws(RedisError) -> RedisReply? {
        var reply: UnsafeMutableRawPointer?
        _ = redisGetReplyFromReader(context, &reply)
        try check()
        guard let reply else { return nil }
        defer { freeReplyObject(reply) }
        return RedisReply(copying: reply.assumingMemoryBound(to: redisReply.self))
    }

    private func check() throws(RedisError) {
        guard context.pointee.err != 0 else { return }
        let reason = withUnsafeBytes(of: context.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        throw .down(reason)
    }

    private static func greeting(
        _ configuration: RedisConfiguration,
        purpose: String
    ) -> [[RedisArgument]] {
        var commands: [[RedisArgument]] = []
        if let password = configuration.password {
            var words: [RedisArgument] = ["AUTH"]
            if let user = configuration.user { words.append(.init(user)) }
            commands.append(words + [.init(password)])
        }
        if configuration.database > 0 {
            commands.append(["SELECT", .init(configuration.database)])
        }
        // Redis refuses names with spaces.
        commands.append(["CLIENT", "SETNAME", .init("\(configuration.connectionName)-\(purpose)")])
        return commands
    }

    private func awaitConnection(
        until deadline: ContinuousClock.Instant,
        wait: Wait
    ) throws(RedisError) {
        while true {
            var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&polled, 1, 0) > 0 { break }
            let left = deadline - .now
            guard left > .zero else { throw .down("no connection in time") }
            wait(descriptor, true, left)
        }
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { throw .down(String(cString: strerror(code))) }
    }

    private func greet(
        _ command: [RedisArgument],
        until deadline: ContinuousClock.Instant,
        wait: Wait
    ) throws(RedisError) {
        var bytes: [UInt8] = []
        bytes.append(command: command)
        try append(bytes)
        var isWriting = try flush()
        while true {
            if let reply = try nextReply() {
                guard case .error(let text) = reply else { return }
                throw .down(text)
            }
            let left = deadline - .now
            guard left > .zero else { throw .down("no answer in time") }
            wait(descriptor, isWriting, left)
            if isWriting { isWriting = try flush() }
            try read()
        }
    }
}
