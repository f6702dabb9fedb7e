import Exchange
import Synchronization

/// Order updates on their way to clients' URLs: one attempt each, never in the way of a call.
///
/// No broker document names a retry rule, and a full queue loses what comes next, so whoever
/// receives them must not depend on them.
final class Postbacks: Sendable {
    struct Letter: Sendable {
        let url: String
        let body: [UInt8]
    }

    static let limit = 20_000
    private let orderIDBase: Int
    private let letters: AsyncStream<(OrderUpdate, String)>
    private let box: AsyncStream<(OrderUpdate, String)>.Continuation

    init(orderIDBase: Int) {
        self.orderIDBase = orderIDBase
        (letters, box) = AsyncStream.makeStream(
            of: (OrderUpdate, String).self,
            bufferingPolicy: .bufferingOldest(Self.limit)
        )
    }

    func add(_ update: OrderUpdate, to url: String) {
        box.yield((update, url))
    }

    /// Sends what comes, some at a time, until cancelled.
    ///
    /// Letters about one order may overtake each other, as they do at the broker.
    func deliver(atOnce: Int, _ send: @escaping @Sendable (Letter) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await (update, url) in letters {
                guard let body = DhanPostback.body(update, orderIDBase) else { continue }
                if running == atOnce {
                    await group.next()
                    running -= 1
                }
                group.addTask { await send(Letter(url: url, body: body)) }
                running += 1
            }
        }
    }
}
