import Blocking
import Telemetry

/// What others tell the publisher's thread.
enum PublisherLetter: Sendable {
    case publish(PublishRequest)
    case close
}

/// The publisher's thread: writes what callers bring, matches confirms, reconnects.
///
/// 1. A message is written at most once; what becomes of it afterwards, its outcome says.
/// 2. Callers take turns, so that a large batch does not hold up a small one.
/// 3. Nobody waits without end: for a connection `publishWait`, for a confirm `confirmTimeout`.
final class PublisherLoop {
    /// How many messages of one call are written before it is another's turn.
    private static let turn = 256
    /// How many bytes are written before looking whether the socket still takes some.
    private static let chunk = 32_768
    /// How many events are read before looking after the callers again.
    private static let eventsPerRound = 2048

    private let configuration: RabbitConfiguration
    private let topology: [RabbitQueueDeclaration]
    private let mailbox: Mailbox<PublisherLetter>
    private let status: LinkStatus
    private let meters: PublisherMeters?

    private var link: AMQPLink?
    private var frames = PublishFrames(channel: AMQPLink.channel, frameLimit: 4096)
    private var window = ConfirmWindow()
    /// Calls with unwritten messages, next turn first.
    private var waiting: [PublishCall] = []
    private var unwritten = 0
    private var isBlocked = false
    /// Since when nothing can be written; nil while something can.
    private var stuckSince: ContinuousClock.Instant? = .now
    private var nextAttempt = ContinuousClock.now
    private var backoff = Backoff()
    private var closesBy: ContinuousClock.Instant?

    init(
        _ configuration: RabbitConfiguration,
        topology: [RabbitQueueDeclaration],
        mailbox: Mailbox<PublisherLetter>,
        status: LinkStatus,
        meters: PublisherMeters?
    ) {
        self.configuration = configuration
        self.topology = topology
        self.mailbox = mailbox
        self.status = status
        self.meters = meters
    }

    func run() {
        while true {
            takeLetters()
            connectIfDue()
            do {
                try writeWaiting()
                try readEvents()
                try checkConfirms()
            } catch {
                drop(error)
            }
            expireWaiting()
            // Closing, there is nothing to wait for but confirms.
            if closesBy != nil, window.count == 0 || link == nil { break }
            sleep()
        }
        finish()
    }

    private func takeLetters() {
        for letter in mailbox.take() {
            switch letter {
            case .close where closesBy == nil:
                closesBy = .now + configuration.closeGrace
                giveUpWaiting()
            case .close: continue
            case .publish(let request):
                let call = PublishCall(request, meters: meters)
                if closesBy != nil || unwritten + call.unwritten > configuration.maximumWaiting {
                    call.giveUp()
                } else {
                    waiting.append(call)
                    unwritten += call.unwritten
                }
            }
        }
    }

    // MARK: Connection

    private func connectIfDue() {
        guard link == nil, closesBy == nil, ContinuousClock.now >= nextAttempt else { return }
        let pause = {
            self.takeLetters()
            self.expireWaiting()
        }
        do {
            let link = try AMQPLink(
                configuration,
                heartbeat: configuration.heartbeat,
                pause: pause
            )
            try link.declare(topology, pause: pause)
            try link.selectConfirms()
            self.link = link
            frames = PublishFrames(channel: AMQPLink.channel, frameLimit: link.frameLimit)
            isBlocked = false
            stuckSince = nil
            backoff.reset()
            status.set(.connected)
        } catch {
            drop(error)
        }
    }

    private func drop(_ error: RabbitError) {
        link = nil
        window.abandon()
        stuckSince = stuckSince ?? .now
        nextAttempt = .now + backoff.next()
        status.set(.down(error))
    }

    // MARK: Writing

    private func writeWaiting() throws(RabbitError) {
        guard let link, !isBlocked, !waiting.isEmpty, link.isWritable else { return }
        var served = 0
        var takesMore = true
        while takesMore, served < waiting.count, window.count < configuration.maximumUnconfirmed {
            takesMore = try write(waiting[served], to: link)
            served += 1
        }
        try flush(to: link)
        // Whose turn is over goes to the end.
        let unfinished = waiting[..<served].filter { $0.unwritten > 0 }
        waiting.removeFirst(served)
        waiting.append(contentsOf: unfinished)
    }

    /// Writes one turn of a call.
    ///
    /// - Returns: whether the socket takes more.
    private func write(_ call: PublishCall, to link: AMQPLink) throws(RabbitError) -> Bool {
        let now = ContinuousClock.now
        let room = configuration.maximumUnconfirmed - window.count
        for _ in 0..<min(Self.turn, room, call.unwritten) {
            unwritten -= 1
            let tag = window.nextTag
            let message = call.messages[call.next]
            guard frames.append(message, tag: tag) else {
                call.skip()
                continue
            }
            // Counted as written before it is: a write that fails may have got through.
            window.append(call, index: call.next, at: now)
            call.advance()
            if link.usesTLS {
                frames.removeAll()
                try link.publish(message, tag: tag)
            } else if frames.bytes.count >= Self.chunk {
                try flush(to: link)
                guard link.isWritable else { return false }
            }
        }
        return true
    }

    private func flush(to link: AMQPLink) throws(RabbitError) {
        guard !frames.bytes.isEmpty else { return }
        defer { frames.removeAll() }
        try link.write(frames.bytes, atMost: configuration.stallTimeout)
    }

    // MARK: Reading

    private func readEvents() throws(RabbitError) {
        guard let link else { return }
        for _ in 0..<Self.eventsPerRound {
            guard let event = try link.nextEvent() else { return }
            guard handle(event) else { throw link.dead("the server speaks of an unknown message") }
        }
    }

    private func handle(_ event: AMQPEvent) -> Bool {
        switch event {
        case .confirmed(let tag, let multiple):
            return window.settle(tag, multiple: multiple, taken: true)
        case .refused(let tag, let multiple):
            return window.settle(tag, multiple: multiple, taken: false)
        case .returned(let tag, let code, let text):
            return window.markReturned(tag, code: code, text: text)
        case .blocked:
            isBlocked = true
            stuckSince = stuckSince ?? .now
        case .unblocked:
            isBlocked = false
            stuckSince = nil
        case .delivered, .queueGone, .cancelled: break
        }
        return true
    }

    // MARK: Time

    private func checkConfirms() throws(RabbitError) {
        guard let link, let oldest = window.oldest else { return }
        if oldest + configuration.confirmTimeout <= .now {
            throw link.dead("no confirm within \(configuration.confirmTimeout)")
        }
        if let closesBy, closesBy <= .now { throw link.dead("closed before the confirm") }
    }

    private func expireWaiting() {
        guard let stuckSince, !waiting.isEmpty else { return }
        let now = ContinuousClock.now
        waiting.removeAll { call in
            guard max(call.askedAt, stuckSince) + configuration.publishWait <= now else {
                return false
            }
            giveUp(call)
            return true
        }
    }

    private func sleep() {
        let now = ContinuousClock.now
        var wake = now + .seconds(3600)
        if let link {
            let canWrite =
                !waiting.isEmpty && !isBlocked && window.count < configuration.maximumUnconfirmed
            wake = min(wake, now + link.serviceInterval)
            if let oldest = window.oldest {
                wake = min(wake, oldest + configuration.confirmTimeout)
            }
            if let closesBy { wake = min(wake, closesBy) }
            wake = min(wake, nextExpiry() ?? wake)
            _ = mailbox.wait(for: link.descriptor, writing: canWrite, atMost: wake - now)
        } else {
            wake = min(nextAttempt, nextExpiry() ?? nextAttempt)
            _ = mailbox.wait(for: nil, atMost: wake - now)
        }
    }

    private func nextExpiry() -> ContinuousClock.Instant? {
        guard let stuckSince else { return nil }
        return waiting.map { max($0.askedAt, stuckSince) + configuration.publishWait }.min()
    }

    // MARK: Ends

    private func giveUp(_ call: PublishCall) {
        unwritten -= call.unwritten
        call.giveUp()
    }

    private func giveUpWaiting() {
        for call in waiting { giveUp(call) }
        waiting.removeAll()
    }

    private func finish() {
        giveUpWaiting()
        window.abandon()
        link?.close()
        link = nil
        status.set(.closed)
        for case .publish(let request) in mailbox.close() {
            PublishCall(request, meters: meters).giveUp()
        }
    }
}
