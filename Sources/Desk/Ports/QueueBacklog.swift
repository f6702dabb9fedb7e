/// Tells how much lies in the queues that nobody has taken yet.
package protocol QueueBacklog: Sendable {
    /// Messages of this work, those that wait for their time included; nil where it cannot be told.
    func waiting(_ work: QueuedWork) async -> Int?
}

/// What messages ask for.
package enum QueuedWork: String, Sendable, CaseIterable {
    case plans, orders, doubts, looks, cancels, modifications
}
