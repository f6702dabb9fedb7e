import CCurl
import Glibc
import Telemetry

/// The client's one thread: starts transfers, waits for their sockets, and ends them.
///
/// Not Sendable: the thread alone uses it.
final class TransferLoop {
    /// So many handles are kept for later transfers; each holds some buffers.
    private static let spareLimit = 128

    /// So few that nobody's answer lies about for long.
    private static let answersAtOnce = 16

    private let mailbox: Mailbox
    private let configuration: HTTPClientConfiguration
    private let logger: Logger
    private let numbers: TransferNumbers?
    private let epoll: CInt
    private let lanes: Lanes
    private let room: WaitingRoom
    /// The handles that libcurl holds pointers to.
    private var inUse: [UnsafeMutableRawPointer: EasyHandle] = [:]
    private var spare: [EasyHandle] = []
    /// Transfers whose callers are to be told.
    private var answered: [Transfer] = []

    /// Starts the thread; it ends when the mailbox is closed.
    static func start(
        mailbox: Mailbox,
        configuration: HTTPClientConfiguration,
        logger: Logger,
        numbers: TransferNumbers?
    ) {
        let loop = TransferLoop(mailbox, configuration, logger, numbers)
        var thread = pthread_t()
        // Released by the thread, which takes it over.
        let context = Unmanaged.passRetained(loop).toOpaque()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                ccurl_name_this_thread("http-client")
                TransferLoop.blockBrokenPipes()
                Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context
        )
        precondition(code == 0, "pthread_create failed: \(code)")
        pthread_detach(thread)
    }

    private init(
        _ mailbox: Mailbox,
        _ configuration: HTTPClientConfiguration,
        _ logger: Logger,
        _ numbers: TransferNumbers?
    ) {
        self.mailbox = mailbox
        self.configuration = configuration
        self.logger = logger
        self.numbers = numbers
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "no epoll for the HTTP client: \(errno)")
        lanes = Lanes(epoll: epoll, configuration: configuration)
        room = WaitingRoom(perHost: configuration.perHost, limit: configuration.queueLimit)
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: 0))
        let code = epoll_ctl(epoll, EPOLL_CTL_ADD, mailbox.wakeDescriptor, &event)
        precondition(code == 0, "the mailbox could not be watched: \(errno)")
    }

    deinit { _ = Glibc.close(epoll) }

    /// TLS writes by a plain `write`: to a closed socket that would kill the process.
    private static func blockBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            let mail = mailbox.collect()
            for transfer in mail.submitted { admit(transfer) }
            for transfer in mail.cancelled { cancel(transfer) }
            if mail.isClosed { break }
            expireWaiting()
            // What ends at once makes room for the next.
            repeat { startWaiting() } while ringAlarms()
            tellAnswered()
            lanes.closeIdle(at: LoopClock.now)
            numbers?.show(running: inUse.count, waiting: room.count)
            let timeout = mailbox.maySleep() ? millisecondsToSleep() : 0
            let count = epoll_wait(epoll, &events, CInt(events.count), timeout)
            for event in events.prefix(max(0, Int(count))) { handle(event) }
            tellAnswered()
        }
        shutDown()
    }

    private func admit(_ transfer: Transfer) {
        let reason =
            RequestRules.fault(in: transfer.request)
            ?? transfer.reasonNotToStart(at: LoopClock.now)
        if let reason { return end(transfer, .notSent(reason: reason)) }
        guard let line = room.admit(transfer, freeConnections: freeConnections) else {
            return end(transfer, .notSent(reason: "too many requests wait"))
        }
        startWaiting(in: line)
    }

    private func cancel(_ transfer: Transfer) {
        transfer.isCancelled = true
        switch transfer.stage {
        // Not here yet: it will be refused when it comes.
        case .new, .done: break
        case .waiting:
            room.forget(transfer)
            end(transfer, .notSent(reason: "cancelled"))
        case .running:
            if let handle = transfer.handle { takeOff(handle) }
            end(transfer, transfer.failure("cancelled"))
        }
    }

    private func expireWaiting() {
        for (transfer, reason) in room.expired(at: LoopClock.now) {
            room.forget(transfer)
            end(transfer, .notSent(reason: reason))
        }
    }

    private var freeConnections: Int { configuration.maximumConnections - inUse.count }

    private func startWaiting() {
        for line in room.occupied { startWaiting(in: line) }
    }

    private func startWaiting(in line: WaitingLine) {
        while freeConnections > 0, let transfer = room.takeNext(from: line) {
            start(transfer, in: line)
        }
    }

    private func start(_ transfer: Transfer, in line: WaitingLine) {
        let now = LoopClock.now
        if let reason = transfer.reasonNotToStart(at: now) {
            room.hasLeft(line)
            return end(transfer, .notSent(reason: reason))
        }
        let lane = lanes.lane(for: transfer.request.egress, now: now)
        let handle = spare.popLast() ?? EasyHandle()
        let left = LoopClock.milliseconds(from: now, to: transfer.deadline)
        handle.carry(transfer, for: left, configuration)
        transfer.stage = .running
        transfer.place = (line, lane)
        lane.running += 1
        inUse[handle.pointer] = handle
        let code = curl_multi_add_handle(lane.multi, handle.pointer)
        precondition(code == CURLM_OK, "libcurl did not take a transfer: \(code.rawValue)")
    }

    /// Lets libcurl do what it has to do by now; tells whether a transfer ended.
    private func ringAlarms() -> Bool {
        var hasEnded = false
        for lane in lanes.ringing(at: LoopClock.now) {
            lane.alarmHasCome()
            if endFinished(in: lane) { hasEnded = true }
        }
        return hasEnded
    }

    private func handle(_ event: epoll_event) {
        let tag = event.data.u64
        guard tag != 0 else { return mailbox.drainWakeUps() }
        guard let lane = lanes[UInt32(tag >> 32)] else { return }
        lane.socketIsReady(CInt(bitPattern: UInt32(truncatingIfNeeded: tag)), events: event.events)
        _ = endFinished(in: lane)
    }

    /// Several together, since each time the callers' threads sleep again, waking them costs more
    /// than all else that is done here for an answer.
    private func tellAnswered() {
        for transfer in answered { transfer.tell() }
        answered.removeAll(keepingCapacity: true)
    }

    private func endFinished(in lane: Lane) -> Bool {
        var hasEnded = false
        while let (handle, code) = lane.nextEnded() {
            guard let transfer = handle.transfer else { continue }
            let status = handle.status
            let reason = code == CURLE_OK ? "" : handle.reason(for: code)
            takeOff(handle, isSound: code == CURLE_OK)
            hasEnded = true
            if code != CURLE_OK {
                end(transfer, transfer.failure(reason))
            } else if transfer.isHeadWhole {
                numbers?.ended(nil)
                transfer.succeed(status: status)
                answered.append(transfer)
                if answered.count >= Self.answersAtOnce { tellAnswered() }
            } else {
                // libcurl takes a connection's end among the header lines for the answer's end.
                end(transfer, transfer.failure("the answer ended in its header lines"))
            }
        }
        return hasEnded
    }

    /// Frees the handle and the transfer's place; an unfinished transfer's connection is closed.
    private func takeOff(_ handle: EasyHandle, isSound: Bool = false) {
        guard let transfer = handle.transfer, let (line, lane) = transfer.place else { return }
        numbers?.opened(connections: handle.connectionsOpened)
        curl_multi_remove_handle(lane.multi, handle.pointer)
        inUse[handle.pointer] = nil
        handle.putDown(isSound: isSound)
        transfer.place = nil
        lane.running -= 1
        if lane.running == 0 { lane.idleSince = LoopClock.now }
        room.hasLeft(line)
        if spare.count < Self.spareLimit { spare.append(handle) }
    }

    private func end(_ transfer: Transfer, _ failure: HTTPFailure) {
        numbers?.ended(failure)
        logger.debug("no answer", [.init("failure", String(describing: failure))])
        transfer.fail(failure)
    }

    private func millisecondsToSleep() -> CInt {
        let end = min(lanes.nextAlarm, room.nextExpiry)
        guard end < .max else { return -1 }
        return CInt(min(LoopClock.milliseconds(from: LoopClock.now, to: end), 60_000))
    }

    private func shutDown() {
        for handle in Array(inUse.values) {
            guard let transfer = handle.transfer else { continue }
            takeOff(handle)
            end(transfer, transfer.failure("the client is closed"))
        }
        for transfer in room.all { end(transfer, .notSent(reason: "the client is closed")) }
        spare.removeAll()
        lanes.closeAll()
        mailbox.loopHasEnded()
    }
}
