package import Desk
package import RabbitMQ

/// Counts what is ready in the queues of RabbitMQ; what consumers hold is not counted.
package struct RabbitBacklog: QueueBacklog {
    private let admin: RabbitAdmin
    private let topology: QueueTopology

    package init(_ configuration: RabbitConfiguration, topology: QueueTopology) {
        admin = RabbitAdmin(configuration)
        self.topology = topology
    }

    package func waiting(_ work: QueuedWork) async -> Int? {
        var count = 0
        for queue in topology.queues(of: work) {
            guard let messages = try? await admin.messageCount(queue) else { return nil }
            count += messages
        }
        return count
    }

    /// Closes the connection.
    package func close() async { await admin.close() }
}
