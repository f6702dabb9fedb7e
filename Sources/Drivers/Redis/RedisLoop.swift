import Blocking

/// Commands on their way to the thread of their connection.
struct RedisCall: Sendable {
    /// The commands as Redis reads them.
    let bytes: [UInt8]
    let count: Int
    let answer: CheckedContinuation<Result<[RedisReply], RedisError>, Never>
}

enum RedisLetter: Sendable {
    case call(RedisCall)
    case close
}

/// The thread of the commands: writes what callers bring without waiting for replies in between,
/// and hands the replies out in the same order.
///
/// 1. While there is no connection every call fails at once; only the very first attempt to
///    connect is waited for.
/// 2. A reply that is late ends the connection, since all later ones wait behind it.
final class RedisLoop {
    private struct Pending {
        let call: RedisCall
        let deadline: ContinuousClock.Instant
        var replies: [RedisReply] = []
    }

    private let configuration: RedisConfiguration
    private let mailbox: Mailbox<RedisLetter>
    private let status: RedisStatus

    private var link: RedisLink?
    private var isStarting = true
    /// Calls that came during the first attempt.
    private var early: [RedisCall] = []
    /// Calls that wait for replies; those before `head` have them.
    private var pending: [Pending] = []
    private var head = 0
    private var pendingCommands = 0
    private var isWriting = false
    private var nextAttempt = ContinuousClock.now
    private var backoff = Backoff()
    private var isClosing = false

    init(_ configuration: RedisConfiguration, mailbox: Mailbox<RedisLetter>, status: RedisStatus) {
        self.configuration = configuration
        self.mailbox = mailbox
        self.status = status
    }

    func run() {
        while true {
            connectIfDue()
            do {
                try takeLetters()
                try exchange()
            } catch {
                drop(error)
            }
            if isClosing, link == nil || head == pending.count { break }
            sleep()
        }
        finish()
    }

    private func takeLetters() throws(RedisError) {
        for letter in mailbox.take() {
            switch letter {
            case .close: isClosing = true
            case .call(let call):
                if isStarting {
                    early.append(call)
                } else {
                    try send(call)
                }
            }
        }
    }

    private func send(_ call: RedisCall) throws(RedisError) {
        guard let link else { return fail(call, .down(downReason)) }
        guard !isClosing else { return fail(call, .down("closed")) }
        guard pendingCommands + call.count <= configuration.maximumPending else {
            return fail(call, .down("too many commands wait"))
        }
        pending.append(Pending(call: call, deadline: .now + configuration.commandTimeout))
        pendingCommands += call.count
        isWriting = true
        try link.append(call.bytes)
    }

    // MARK: Connection

    private func connectIfDue() {
        guard link == nil, !isClosing, ContinuousClock.now >= nextAttempt else { return }
        do {
            link = try RedisLink(configuration, purpose: "commands") { descriptor, writing, limit in
                _ = mailbox.wait(for: descriptor, writing: writing, atMost: limit)
                // Without a link a call fails or waits, and neither throws.
                try? takeLetters()
            }
            backoff.reset()
            status.set(.up)
        } catch {
            drop(error)
        }
        sendEarly()
    }

    private func sendEarly() {
        isStarting = false
        let calls = early
        early = []
        do {
            for call in calls { try send(call) }
        } catch {
            drop(error)
        }
    }

    private func drop(_ error: RedisError) {
        link = nil
        isWriting = false
        let reason = Self.reason(error)
        // First the door is shut, then those inside are sent away.
        status.set(.down(reason))
        nextAttempt = .now + backoff.next()
        let now = ContinuousClock.now
        for entry in pending[head...] {
            fail(entry.call, entry.deadline <= now ? .timedOut : .down(reason))
        }
        pending = []
        head = 0
        pendingCommands = 0
    }

    private var downReason: String {
        if case .down(let reason) = status.current { reason } else { "not connected" }
    }

    private static func reason(_ error: RedisError) -> String {
        switch error {
        case .down(let reason), .reply(let reason), .invalidURL(let reason): reason
        case .timedOut: "no reply in time"
        }
    }

    // MARK: Exchange

    private func exchange() throws(RedisError) {
        guard let link else { return }
        if isWriting { isWriting = try link.flush() }
        try link.read()
        while let reply = try link.nextReply() {
            guard head < pending.count else { throw .down("a reply that nobody asked for") }
            pending[head].replies.append(reply)
            pendingCommands -= 1
            if pending[head].replies.count == pending[head].call.count { finishFirst() }
        }
        guard head < pending.count, pending[head].deadline <= .now else { return }
        throw .timedOut
    }

    private func finishFirst() {
        let entry = pending[head]
        pending[head].replies = []
        head += 1
        if head == pending.count {
            pending.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 4096, head > pending.count / 2 {
            pending.removeFirst(head)
            head = 0
        }
        entry.call.answer.resume(returning: .success(entry.replies))
    }

    private func sleep() {
        let now = ContinuousClock.now
        var wake = now + .seconds(3600)
        if link == nil {
            wake = nextAttempt
        } else if head < pending.count {
            wake = pending[head].deadline
        }
        _ = mailbox.wait(for: link?.descriptor, writing: isWriting, atMost: wake - now)
    }

    private func finish() {
        status.set(.closed)
        for case .call(let call) in mailbox.close() { fail(call, .down("closed")) }
        for call in early { fail(call, .down("closed")) }
    }

    private func fail(_ call: RedisCall, _ error: RedisError) {
        call.answer.resume(returning: .failure(error))
    }
}
