import Desk
import PostgresStore
import Testing
import Trading

extension OrdersDesk {
    /// A client's order for ten shares at ₹ 2,450 that the broker has taken.
    func resting() async throws -> (ClientID, Attempt) {
        let client = try await clients(1)[0]
        let attempt = try await accepted(
            terms: terms(.buy, .limit, price: OrdersDesk.price),
            client: client
        )
        return (client, attempt)
    }

    func request(_ attempt: Attempt, _ wish: WishedShape, key: String = "modify")
        -> ModificationRequest
    {
        ModificationRequest(
            trader: trader,
            user: user,
            idempotencyKey: key,
            bodyHash: Array("\(wish)".utf8),
            order: attempt.job.intent,
            wish: wish,
            rules: [attempt.job.broker: ModificationRules(mostPerOrder: 25)]
        )
    }

    /// Asks for a change that must be new.
    func modified(_ attempt: Attempt, _ wish: WishedShape, key: String = "modify") async throws
        -> Modification
    {
        let asked = try await orders.askToModify(request(attempt, wish, key: key))
        guard case .created(let change, _) = asked else { throw Unexpected("\(asked)") }
        return change
    }

    func open(_ attempt: Attempt) async throws -> OpenModification {
        try #require(try await orders.openModifications([attempt.job.intent]).first)
    }

    /// Lets the open change of an order be sent, taken, and then end so.
    func ended(_ attempt: Attempt, _ event: ModificationNews.Event) async throws {
        let change = try await open(attempt)
        let lease = Lease(worker: "test", duration: .seconds(60))
        let tries = try await orders.claim([change], obstacle: nil, lease: lease)
        #expect(tries == [change.tries + 1])
        if case .answered = event {
            try await orders.note([ModificationNews(change, tries: change.tries + 1, event)])
            return
        }
        try await orders.note([
            ModificationNews(change, tries: change.tries + 1, .answered(.taken))
        ])
        try await orders.note([ModificationNews(try await open(attempt), event)])
    }
}
