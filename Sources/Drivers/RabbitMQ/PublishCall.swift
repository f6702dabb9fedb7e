/// One call of publish, on its way: answered once, when the last of its messages is settled.
///
/// Lives on the publisher's thread only.
final class PublishCall {
    let messages: [RabbitMessage]
    let askedAt: ContinuousClock.Instant
    /// Each is `notSent` until written, `unknown` until settled.
    var outcomes: [PublishOutcome]
    /// The next message to write.
    private(set) var next = 0
    private var unsettled: Int
    private let answer: CheckedContinuation<[PublishOutcome], Never>

    private let meters: PublisherMeters?

    init(_ request: PublishRequest, meters: PublisherMeters?) {
        self.meters = meters
        messages = request.messages
        askedAt = request.askedAt
        answer = request.answer
        outcomes = Array(repeating: .notSent, count: messages.count)
        unsettled = messages.count
    }

    /// How many messages are still to be written.
    var unwritten: Int { messages.count - next }

    /// The next message was written.
    func advance() {
        outcomes[next] = .unknown
        next += 1
    }

    /// The next message cannot be sent at all.
    func skip() {
        next += 1
        settled(1)
    }

    /// The server answered for a message.
    func settle(_ index: Int, taken: Bool) {
        if outcomes[index] == .unknown { outcomes[index] = taken ? .confirmed : .refused }
        settled(1)
    }

    /// The server will not answer for one of the written messages any more.
    func abandon() { settled(1) }

    /// What is not written yet will not be.
    func giveUp() {
        let rest = unwritten
        next = messages.count
        settled(rest)
    }

    private func settled(_ number: Int) {
        guard number > 0 else { return }
        unsettled -= number
        guard unsettled == 0 else { return }
        meters?.count(outcomes)
        answer.resume(returning: outcomes)
    }
}

/// One call of publish as it reaches the publisher's thread.
struct PublishRequest: Sendable {
    let messages: [RabbitMessage]
    let askedAt: ContinuousClock.Instant
    let answer: CheckedContinuation<[PublishOutcome], Never>
}
