import Blocking
import CCurl
import Glibc

/// The poster's one thread: gives notices to free connections and waits for their answers.
///
/// Not Sendable: the thread alone uses it.
final class PosterLoop {
    /// An idle connection may be closed by the server at any time: it is not used for longer.
    private static let idleTimeout: UInt64 = 20_000_000_000
    private static let knownTargets = 10_000
    /// How often connections are looked through for those that are late or long idle.
    private static let sweepInterval: UInt64 = 500_000_000

    private let mailbox: Blocking.Mailbox<PosterMail>
    private let unsent: UnsentCount
    private let most: Int
    private let timeout: UInt64
    private let epoll: CInt
    private var targets: [String: PosterTarget] = [:]
    private var servers: [ServerAddress: PosterServer] = [:]
    private var connections: [CInt: PosterConnection] = [:]
    private var lastSerial: UInt32 = 0
    private var lastSweep = LoopClock.now

    init(
        _ mailbox: Blocking.Mailbox<PosterMail>,
        _ unsent: UnsentCount,
        connections: Int,
        timeout: Duration
    ) {
        self.mailbox = mailbox
        self.unsent = unsent
        most = connections
        self.timeout = LoopClock.nanoseconds(timeout)
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "no epoll for the poster: \(errno)")
    }

    deinit { _ = Glibc.close(epoll) }

    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while takeMail() {
            _ = mailbox.wait(
                for: epoll,
                atMost: connections.isEmpty ? .seconds(3600) : .milliseconds(500)
            )
            let count = epoll_wait(epoll, &events, CInt(events.count), 0)
            for event in events.prefix(max(0, Int(count))) { serve(event) }
            sweep()
        }
    }

    /// False once it is to end.
    private func takeMail() -> Bool {
        for mail in mailbox.take() {
            guard case .notice(let url, let body) = mail else { return false }
            if let target = target(url) {
                let server = server(target.server)
                server.add((target, body))
                move(server)
            } else {
                unsent.leave()
            }
        }
        return true
    }

    private func target(_ url: String) -> PosterTarget? {
        if let known = targets[url] { return known }
        if targets.count >= Self.knownTargets { targets.removeAll() }
        targets[url] = PosterTarget(url)
        return targets[url]
    }

    private func server(_ address: ServerAddress) -> PosterServer {
        if let known = servers[address] { return known }
        let server = PosterServer(address)
        servers[address] = server
        return server
    }

    private func serve(_ event: epoll_event) {
        let tag = event.data.u64
        let socket = CInt(bitPattern: UInt32(truncatingIfNeeded: tag))
        // Else it is of a connection that an earlier event of the same wait has ended.
        guard let connection = connections[socket], connection.serial == UInt32(tag >> 32) else {
            return
        }
        switch connection.go(event.events) {
        case .wait: return
        case .free: connection.server.free.append(connection)
        case .broken: drop(connection)
        }
        move(connection.server)
    }

    /// Gives a server's next notices to as many connections as it may have.
    private func move(_ server: PosterServer) {
        while !server.free.isEmpty || server.connections < most, let notice = server.next() {
            unsent.leave()
            guard let body = notice.body() else { continue }
            // Without a connection the notice is lost, as it would be on one that breaks.
            guard let connection = server.free.popLast() ?? open(server) else {
                continue
            }
            if case .broken = connection.carry(body, to: notice.target) { drop(connection) }
        }
    }

    private func open(_ server: PosterServer) -> PosterConnection? {
        lastSerial &+= 1
        guard let connection = PosterConnection(to: server, serial: lastSerial, epoll: epoll) else {
            return nil
        }
        server.connections += 1
        connections[connection.socket] = connection
        return connection
    }

    private func drop(_ connection: PosterConnection) {
        connections[connection.socket] = nil
        connection.server.connections -= 1
        connection.server.free.removeAll { $0 === connection }
    }

    /// Drops connections whose notice is late, and those that are idle for long.
    private func sweep() {
        let now = LoopClock.now
        guard now >= lastSweep + Self.sweepInterval else { return }
        lastSweep = now
        for connection in Array(connections.values) {
            let limit = connection.isIdle ? Self.idleTimeout : timeout
            guard now >= connection.since + limit else { continue }
            drop(connection)
            move(connection.server)
        }
        servers = servers.filter { !$0.value.isAtRest }
    }
}
