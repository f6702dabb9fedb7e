import Desk
package import RabbitMQ
package import Trading

/// The queues: one for plans, one lane pair per broker for orders, one for doubts, one for looks, one
/// for changes of orders, and one for cancels, which wait behind nothing else.
///
/// All are quorum queues with a dead-letter queue beside them (`NAME.dead`), where a message goes
/// that nobody could work on `deliveryLimit` times, or that nobody understands. Order queues have
/// waiting rooms (`NAME.wait2`, `NAME.wait60`): what lies there comes back after so many seconds.
package struct QueueTopology: Sendable {
    /// Deliveries after which a message is put aside; high, since an absent database is no fault of it.
    package static let deliveryLimit = 50
    static let waits = [2, 60]

    private let prefix: String
    private let brokers: [BrokerName]

    /// The queues for these brokers, their names begun with `prefix`.
    package init(prefix: String = "", brokers: [BrokerName] = BrokerName.allCases) {
        self.prefix = prefix
        self.brokers = brokers
    }

    /// The queue of plans.
    package var plan: String { prefix + "plan" }
    /// The queue of doubts.
    package var doubt: String { prefix + "doubt" }
    /// The queue of looks: hints that orders may have filled.
    package var fills: String { prefix + "fills" }
    /// The queue of cancels.
    package var cancels: String { prefix + "cancels" }
    /// The queue of changes of orders.
    package var modifications: String { prefix + "modifications" }

    /// The queue of a broker's orders, of large bulk trades or of small ones.
    package func orders(_ broker: BrokerName, small: Bool) -> String {
        prefix + "orders." + broker.rawValue + (small ? ".small" : "")
    }

    /// The queues that are worked on.
    package var worked: [String] {
        [plan, cancels, modifications, doubt, fills]
            + brokers.flatMap { [orders($0, small: false), orders($0, small: true)] }
    }

    /// The queues in which such work lies, waiting rooms included.
    func queues(of work: QueuedWork) -> [String] {
        switch work {
        case .plans: [plan]
        case .doubts: [doubt]
        case .looks: [fills]
        case .cancels: [cancels]
        case .modifications: [modifications]
        case .orders:
            brokers.flatMap { broker in
                [false, true].flatMap { small in
                    let name = orders(broker, small: small)
                    return [name] + Self.waits.map { Self.waitingRoom(of: name, seconds: $0) }
                }
            }
        }
    }

    /// The queues of messages put aside.
    package var dead: [String] { worked.map { $0 + ".dead" } }

    /// Everything to be declared.
    package var declarations: [RabbitQueueDeclaration] {
        let orders = brokers.flatMap { broker in
            [false, true].map { self.orders(broker, small: $0) }
        }
        return worked.flatMap { name in
            [
                RabbitQueueDeclaration(
                    name: name,
                    deadLetterExchange: "",
                    deadLetterRoutingKey: name + ".dead",
                    deliveryLimit: Self.deliveryLimit
                ), RabbitQueueDeclaration(name: name + ".dead"),
            ]
        }
            + orders.flatMap { name in
                Self.waits.map { seconds in
                    RabbitQueueDeclaration(
                        name: Self.waitingRoom(of: name, seconds: seconds),
                        deadLetterExchange: "",
                        deadLetterRoutingKey: name,
                        messageTTL: .seconds(seconds)
                    )
                }
            }
    }

    static func waitingRoom(of queue: String, seconds: Int) -> String {
        queue + ".wait\(seconds)"
    }

    /// The queue into which a message goes.
    func queue(for message: QueueMessage) -> String {
        switch message {
        case .plan: plan
        case .order(let job, let small): orders(job.broker, small: small)
        case .orderLater(let job, let small, let wait):
            waitingRoom(of: orders(job.broker, small: small), for: wait)
        case .orders(let broker, _): orders(broker, small: false)
        case .ordersLater(let broker, _, let wait):
            waitingRoom(of: orders(broker, small: false), for: wait)
        case .doubt: doubt
        case .look: fills
        case .cancel: cancels
        case .modify: modifications
        }
    }

    private func waitingRoom(of queue: String, for wait: Duration) -> String {
        Self.waitingRoom(of: queue, seconds: wait > QueueMessage.longWait ? 60 : 2)
    }
}
