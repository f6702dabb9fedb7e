import CCurl
import Glibc

/// One connection of a poster's, with at most one notice under way; its thread alone uses it.
final class PosterConnection {
    /// What is to be done after an event.
    enum Step { case wait, free, broken }

    private enum State { case idle, connecting, sending, reading }

    let socket: CInt
    /// What its events carry beside the socket, whose number comes again.
    let serial: UInt32
    let server: PosterServer
    /// Since when it is as it is, in nanoseconds of the loop's clock.
    private(set) var since = LoopClock.now
    private var state = State.connecting
    private var request: [UInt8] = []
    private var sent = 0
    private var answer = PosterAnswer()

    /// Begins to connect; nil where that fails at once.
    init?(to server: PosterServer, serial: UInt32, epoll: CInt) {
        socket = server.address.connect()
        self.serial = serial
        self.server = server
        guard socket >= 0 else { return nil }
        // Edge-triggered and for both ways: registered once for its whole life.
        let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        let tag = UInt64(serial) << 32 | UInt64(UInt32(bitPattern: socket))
        var event = epoll_event(events: events, data: epoll_data_t(u64: tag))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0 else { return nil }
    }

    /// Closing also takes it out of the epoll.
    deinit { if socket >= 0 { _ = Glibc.close(socket) } }

    var isIdle: Bool { if case .idle = state { true } else { false } }

    /// Sends a request now, or as soon as it is connected.
    func carry(_ body: [UInt8], to target: PosterTarget) -> Step {
        target.write(body, into: &request)
        sent = 0
        answer.begin()
        since = LoopClock.now
        if case .connecting = state { return .wait }
        return send()
    }

    /// The socket has changed: goes on with what is under way.
    func go(_ events: UInt32) -> Step {
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { return .broken }
        switch state {
        case .connecting, .sending:
            return events & EPOLLOUT.rawValue != 0 ? send() : .wait
        case .reading:
            guard events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 else { return .wait }
            let step = read()
            return step == .free && events & EPOLLRDHUP.rawValue != 0 ? .broken : step
        case .idle:
            // A server says nothing unasked, but that it closes.
            return events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 ? .broken : .wait
        }
    }

    private func send() -> Step {
        state = .sending
        while sent < request.count {
            let count = request.withUnsafeBytes { bytes in
                Glibc.send(
                    socket,
                    bytes.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    CInt(MSG_NOSIGNAL)
                )
            }
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                return errno == EAGAIN ? .wait : .broken
            }
        }
        state = .reading
        return .wait
    }

    private func read() -> Step {
        withUnsafeTemporaryAllocation(byteCount: 8 << 10, alignment: 1) { room in
            while true {
                let count = recv(socket, room.baseAddress, room.count, 0)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 && errno == EAGAIN ? .wait : .broken }
                switch answer.take(UnsafeRawBufferPointer(rebasing: room[..<count])) {
                case .goesOn: continue
                case .last: return .broken
                case .whole:
                    state = .idle
                    since = LoopClock.now
                    return .free
                }
            }
        }
    }
}
