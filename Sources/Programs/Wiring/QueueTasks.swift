import Desk
import JSON
import RabbitMQ
import RabbitQueue
import Secrets
import Trading

/// What an operator does with the queues: counts, and messages that were put aside.
///
/// A message says which order or task to look at, never what to do at the broker: what it leads to is
/// decided by the rows. So a replay can never send an order that was sent.
package struct QueueTasks: Sendable {
    /// A message that nobody could work on.
    package struct DeadLetter: Sendable {
        /// Names the message to ``QueueTasks/replay(queue:id:)``; the same for the same words.
        package let id: String
        /// The queue whose reader gave it up.
        package let queue: String
        /// What it says; nil where that is none of ours.
        let message: QueueMessage?
        package let text: String
    }

    /// A queue's name that is none of ours.
    package struct NoSuchQueue: Error, CustomStringConvertible {
        let name: String
        let known: [String]
        package var description: String {
            "there is no queue \(name); there are: \(known.joined(separator: ", "))"
        }
    }

    /// Dead letters that are looked at in one go, for each queue.
    private static let most = 10_000
    private let connections: Connections

    package init(_ settings: Settings) throws {
        connections = try Connections(settings, program: "queues")
    }

    /// How many messages are ready in each queue, also in those of dead letters.
    package func counts() async throws -> [(queue: String, ready: Int)] {
        try await withAdmin { admin in
            let topology = connections.topology
            var counts: [(queue: String, ready: Int)] = []
            for queue in topology.declarations.map(\.name) {
                counts.append((queue, try await admin.messageCount(queue)))
            }
            return counts
        }
    }

    /// The dead letters of one queue, or of all; they stay where they are.
    package func deadLetters(of queue: String?) async throws -> [DeadLetter] {
        let queues = try queues(queue)
        return try await withAdmin { admin in
            var letters: [DeadLetter] = []
            for queue in queues {
                let held = try await admin.hold(queue + ".dead", atMost: Self.most)
                letters += held.map { Self.letter($0, in: queue) }
                try await admin.settle(held) { _ in false }
            }
            return letters
        }
    }

    /// Puts dead letters back into their queue: those with this id, or all.
    ///
    /// What is none of ours stays: no reader would understand it now either.
    ///
    /// - Returns: how many were put back.
    package func replay(queue: String?, id: String?) async throws -> Int {
        let queues = try queues(queue)
        return try await withAdmin { admin in
            var replayed = 0
            for queue in queues {
                let held = try await admin.hold(queue + ".dead", atMost: Self.most)
                let chosen = held.map { Self.letter($0, in: queue) }
                    .filter { id == nil || $0.id == id }
                let messages = chosen.compactMap(\.message)
                // Published before it is forgotten: a copy more does no harm, a lost one might.
                let isHeld = await connections.queue.publish(messages)
                let words = Set(zip(messages, isHeld).filter(\.1).map { MessageText.text($0.0) })
                try await admin.settle(held) {
                    words.contains(String(decoding: $0.body, as: UTF8.self))
                }
                replayed += isHeld.count { $0 }
            }
            return replayed
        }
    }

    private func queues(_ name: String?) throws(NoSuchQueue) -> [String] {
        let known = connections.topology.worked
        guard let name else { return known }
        let full = known.first { $0 == name || $0 == connections.settings.prefix + name }
        guard let full else { throw NoSuchQueue(name: name, known: known) }
        return [full]
    }

    private func withAdmin<R>(_ body: (RabbitAdmin) async throws -> R) async throws -> R {
        let admin = RabbitAdmin(try RabbitConfiguration(url: connections.settings.amqpURL))
        do {
            try await admin.declare(connections.topology.declarations)
            let value = try await body(admin)
            await close(admin)
            return value
        } catch {
            await close(admin)
            throw error
        }
    }

    private func close(_ admin: RabbitAdmin) async {
        await admin.close()
        await connections.close()
    }

    private static func letter(_ delivery: RabbitDelivery, in queue: String) -> DeadLetter {
        let hash = Tokens.sha256(Array(queue.utf8) + [0] + delivery.body).prefix(6)
        let message = MessageText.decode(delivery.body)
        return DeadLetter(
            id: Tokens.base64URL(Array(hash)),
            queue: queue,
            message: message,
            text: message.map { MessageText.text($0) } ?? "not one of ours"
        )
    }
}
