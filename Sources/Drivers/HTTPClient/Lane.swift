import CCurl
import Glibc

/// The transfers and connections of one egress: a multi handle of libcurl.
///
/// One for each egress, because libcurl alone does not keep them apart: it lends a connection bound
/// to an address to requests that name none (its url.c says so), and does not compare the
/// passwords of proxies. What is not in the lane cannot be lent.
final class Lane {
    let egress: Egress?
    /// What its events in the epoll carry, to find it by.
    let number: UInt32
    let multi: UnsafeMutableRawPointer
    var running = 0
    /// Since when nothing runs.
    var idleSince: UInt64
    /// When libcurl wants to be called though no socket is ready; nil: never.
    private(set) var alarm: UInt64?
    private let epoll: CInt

    init(egress: Egress?, number: UInt32, epoll: CInt, connections: Int, now: UInt64) {
        guard let multi = curl_multi_init() else { preconditionFailure("curl_multi_init failed") }
        self.egress = egress
        self.number = number
        self.multi = multi
        self.epoll = epoll
        idleSince = now
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections)
        ccurl_multi_set_callbacks(
            multi,
            Unmanaged.passUnretained(self).toOpaque(),
            { _, socket, what, context, known in
                Lane.of(context)?.watch(socket, for: what, isKnown: known != nil)
                return 0
            },
            { _, milliseconds, context in
                Lane.of(context)?.setAlarm(afterMilliseconds: milliseconds)
                return 0
            }
        )
    }

    /// Closes its connections; no transfer may be left in it, and it must not be used again.
    ///
    /// Not in a deinit, because libcurl calls back while it closes.
    func close() { curl_multi_cleanup(multi) }

    /// Tells libcurl that a socket is ready.
    func socketIsReady(_ socket: CInt, events: UInt32) {
        var flags: CInt = 0
        if events & EPOLLIN.rawValue != 0 { flags |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { flags |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { flags |= CURL_CSELECT_ERR }
        var stillRunning: CInt = 0
        curl_multi_socket_action(multi, socket, flags, &stillRunning)
    }

    /// Tells libcurl that its time has come.
    func alarmHasCome() {
        alarm = nil
        var stillRunning: CInt = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &stillRunning)
    }

    /// A transfer that has ended, and how; nil when there is no further one.
    func nextEnded() -> (handle: EasyHandle, code: CURLcode)? {
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let handle = EasyHandle.of(easy)
            else { continue }
            return (handle, message.pointee.data.result)
        }
        return nil
    }

    private func setAlarm(afterMilliseconds milliseconds: Int) {
        alarm = milliseconds < 0 ? nil : LoopClock.now + UInt64(milliseconds) * 1_000_000
    }

    private func watch(_ socket: CInt, for what: CInt, isKnown: Bool) {
        if what == CURL_POLL_REMOVE {
            var nothing = epoll_event()
            epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &nothing)
            curl_multi_assign(multi, socket, nil)
            return
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
        let tag = UInt64(number) << 32 | UInt64(UInt32(bitPattern: socket))
        var event = epoll_event(events: events, data: epoll_data_t(u64: tag))
        let code = epoll_ctl(epoll, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event)
        precondition(code == 0, "a socket could not be watched: \(errno)")
        // Any pointer but nil: libcurl hands it back, and so says that the socket is known.
        if !isKnown { curl_multi_assign(multi, socket, multi) }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> Lane? {
        context.map { Unmanaged<Lane>.fromOpaque($0).takeUnretainedValue() }
    }
}
