import Blocking

enum SubscriptionLetter: Sendable {
    case subscribe(id: Int, channels: [String], stream: AsyncStream<RedisEvent>.Continuation)
    case cancel(id: Int)
    case close
}

/// The thread of all subscriptions: one connection that listens to the channels of all
/// subscribers, and listens again after a reconnection.
final class RedisSubscriptions {
    private let configuration: RedisConfiguration
    private let mailbox: Mailbox<SubscriptionLetter>
    private let status: RedisStatus

    private var link: RedisLink?
    private var subscribers: [Int: RedisSubscriber] = [:]
    /// Who listens to a channel.
    private var listeners: [String: Set<Int>] = [:]
    /// What was asked for and not answered, in order: Redis answers channel by channel.
    private var awaited: [(id: Int, channel: String)] = []
    private var isWriting = false
    private var lastInput = ContinuousClock.now
    private var hasPinged = false
    private var nextAttempt = ContinuousClock.now
    private var backoff = Backoff()
    private var isClosing = false

    init(
        _ configuration: RedisConfiguration,
        mailbox: Mailbox<SubscriptionLetter>,
        status: RedisStatus
    ) {
        self.configuration = configuration
        self.mailbox = mailbox
        self.status = status
    }

    func run() {
        while !isClosing {
            do {
                try takeLetters()
                try connectIfDue()
                try exchange()
            } catch {
                drop(error)
            }
            sleep()
        }
        for letter in mailbox.close() {
            if case .subscribe(_, _, let stream) = letter { stream.finish() }
        }
        for subscriber in subscribers.values { subscriber.finish() }
        status.set(.closed)
    }

    private func takeLetters() throws(RedisError) {
        var added: [Int] = []
        var dropped: [String] = []
        for letter in mailbox.take() {
            switch letter {
            case .subscribe(let id, let channels, let stream):
                let subscriber = RedisSubscriber(
                    channels: channels,
                    stream: stream,
                    limit: configuration.subscriberBacklog
                )
                subscribers[id] = subscriber
                for channel in channels { listeners[channel, default: []].insert(id) }
                added.append(id)
            case .cancel(let id): dropped += remove(id)
            case .close: isClosing = true
            }
        }
        guard link != nil else { return }
        // Whoever came back to a channel that was just left is asked for again below.
        try leave(dropped.filter { listeners[$0] == nil })
        for id in added { try listen(id) }
    }

    /// - Returns: the channels that nobody listens to any more.
    private func remove(_ id: Int) -> [String] {
        guard let subscriber = subscribers.removeValue(forKey: id) else { return [] }
        return subscriber.channels.filter { channel in
            listeners[channel]?.remove(id)
            guard listeners[channel]?.isEmpty == true else { return false }
            listeners[channel] = nil
            return true
        }
    }

    private func listen(_ id: Int) throws(RedisError) {
        guard let subscriber = subscribers[id], let link else { return }
        subscribers[id]?.missing = Set(subscriber.channels)
        awaited += subscriber.channels.map { (id, $0) }
        try link.append(Self.command("SUBSCRIBE", subscriber.channels))
        isWriting = true
    }

    private func leave(_ channels: [String]) throws(RedisError) {
        guard let link, !channels.isEmpty else { return }
        try link.append(Self.command("UNSUBSCRIBE", channels))
        isWriting = true
    }

    private static func command(_ name: String, _ channels: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(command: [RedisArgument(name)] + channels.map { RedisArgument($0) })
        return bytes
    }

    // MARK: Connection

    private func connectIfDue() throws(RedisError) {
        guard link == nil, !isClosing, !subscribers.isEmpty, ContinuousClock.now >= nextAttempt
        else { return }
        // Letters stay where they are until the attempt is over: it is short.
        link = try RedisLink(
            configuration,
            purpose: "subscriptions",
            wait: RedisLink.waitForSocketAlone
        )
        backoff.reset()
        status.set(.up)
        lastInput = .now
        hasPinged = false
        for id in subscribers.keys.sorted() { try listen(id) }
    }

    private func drop(_ error: RedisError) {
        link = nil
        isWriting = false
        awaited = []
        nextAttempt = .now + backoff.next()
        status.set(.down(String(describing: error)))
    }

    // MARK: Exchange

    private func exchange() throws(RedisError) {
        guard let link else { return }
        if isWriting { isWriting = try link.flush() }
        try link.read()
        while let reply = try link.nextReply() {
            lastInput = .now
            hasPinged = false
            try handle(reply)
        }
        let silence = ContinuousClock.now - lastInput
        if silence >= configuration.pingInterval + configuration.connectTimeout, hasPinged {
            throw .timedOut
        }
        guard silence >= configuration.pingInterval, !hasPinged else { return }
        hasPinged = true
        try link.append(Self.command("PING", []))
        isWriting = try link.flush()
    }

    private func handle(_ reply: RedisReply) throws(RedisError) {
        if case .error(let text) = reply { throw .down(text) }
        guard let parts = reply.array, parts.count == 3, let kind = parts[0].text,
            let channel = parts[1].text
        else { return }
        switch kind {
        case "message":
            guard let payload = parts[2].bytes else { return }
            for id in listeners[channel] ?? [] {
                // Before its channels are confirmed a subscriber looks at nothing.
                guard subscribers[id]?.missing.isEmpty == true else { continue }
                subscribers[id]?.yield(.message(channel: channel, payload: payload))
            }
        case "subscribe": try confirm(channel)
        default: return
        }
    }

    private func confirm(_ channel: String) throws(RedisError) {
        guard let first = awaited.first, first.channel == channel else {
            throw .down("an answer that nobody asked for")
        }
        awaited.removeFirst()
        subscribers[first.id]?.missing.remove(channel)
        if subscribers[first.id]?.missing.isEmpty == true {
            subscribers[first.id]?.yield(.reconnected)
        }
    }

    private func sleep() {
        let now = ContinuousClock.now
        var wake = now + .seconds(3600)
        if link != nil {
            let patience = hasPinged ? configuration.connectTimeout : .zero
            wake = lastInput + configuration.pingInterval + patience
        } else if !subscribers.isEmpty {
            wake = nextAttempt
        }
        guard !isClosing else { return }
        _ = mailbox.wait(for: link?.descriptor, writing: isWriting, atMost: wake - now)
    }
}
