package import Trading

/// Carries ids between processes; at least once, in any order.
package protocol OrderQueue: Sendable {
    /// Puts plans, orders, doubts or fill hints in their queues, and waits until the queue holds them.
    ///
    /// - Returns: for each whether the queue has it for certain; the others must be sent again.
    func publish(_ messages: [QueueMessage]) async -> [Bool]
}

/// One message: ids only, nothing secret.
package enum QueueMessage: Sendable, Equatable {
    /// Make the orders of a bulk trade.
    case plan(TaskID)
    /// Take one client's order to a known outcome; `small`: in the lane of small trades.
    case order(OrderJob, small: Bool)
    /// The same, not before a while.
    case orderLater(OrderJob, small: Bool, Duration)
    /// Take several orders of large trades, all at one broker, to a known outcome, each by itself.
    ///
    /// A queue's work is by the message, so that orders that wait together anyway share one.
    case orders(BrokerName, [OrderJob])
    /// The same, not before a while.
    case ordersLater(BrokerName, [OrderJob], Duration)
    /// Find out what became of an attempt.
    case doubt(OrderJob)
    /// Read these orders and their trades from their broker's books; up to 64 of one broker.
    case look(BrokerName, [OrderJob])
    /// Ask the broker to cancel an order, if that is still wished and the order still lives.
    case cancel(OrderJob)
    /// Bring a change of an order nearer to its end.
    case modify(OrderJob)
}

/// A message taken from a queue; it comes again unless it is acknowledged.
package struct Delivery: Sendable {
    package let message: QueueMessage
    /// Names the delivery to its consumer.
    package let tag: Int
    /// Whether it may have been delivered before: a hint only.
    package let isRepeated: Bool

    package init(message: QueueMessage, tag: Int, isRepeated: Bool) {
        self.message = message
        self.tag = tag
        self.isRepeated = isRepeated
    }
}

/// One queue as its reader sees it.
package protocol QueueReader: Sendable {
    /// What is there, at least one and at most so many; empty once stopped.
    func next(atMost: Int) async throws -> [Delivery]
    /// The work of these is committed: the queue may forget them.
    func acknowledge(_ deliveries: [Delivery])
    /// Not done: the queue delivers them again.
    func giveBack(_ deliveries: [Delivery])
    /// Takes no more; what was handed out may still be acknowledged.
    func stop() async
}

extension QueueMessage {
    /// Queues keep what must wait for longer than this for a minute, and the rest for seconds.
    package static let longWait: Duration = .seconds(30)

    /// The jobs of each broker in lists of so many at most, in their order.
    static func byBroker(_ jobs: [OrderJob], atMost limit: Int) -> [(BrokerName, [OrderJob])] {
        let byBroker = Dictionary(grouping: jobs, by: \.broker)
        return byBroker.keys.sorted { $0.rawValue < $1.rawValue }.flatMap { broker in
            let jobs = byBroker[broker] ?? []
            return stride(from: 0, to: jobs.count, by: limit).map { start in
                (broker, Array(jobs[start..<min(start + limit, jobs.count)]))
            }
        }
    }
}
