package import Trading

/// How one broker answers one process.
package struct BrokerHealth: Sendable, Equatable {
    package let broker: BrokerName
    /// Left alone, but for single orders that try whether it answers again.
    package let isResting: Bool
    /// Placements in a row that got no answer.
    package let silences: Int
    package let lastAnswer: Timestamp?
    package let lastSilence: Timestamp?

    package init(
        broker: BrokerName,
        isResting: Bool,
        silences: Int,
        lastAnswer: Timestamp?,
        lastSilence: Timestamp?
    ) {
        self.broker = broker
        self.isResting = isResting
        self.silences = silences
        self.lastAnswer = lastAnswer
        self.lastSilence = lastSilence
    }
}

/// How brokers answer, told by every worker for all to see.
package protocol BrokerHealthBoard: Sendable {
    /// Tells how brokers answer this worker; failing to is no matter.
    func tell(_ health: [BrokerHealth], by worker: String) async
    /// What each worker told last, unless that is longer ago than `maximumAge`; nil where nobody can
    /// be asked.
    func told(maximumAge: Duration) async -> [BrokerHealth]?
}
