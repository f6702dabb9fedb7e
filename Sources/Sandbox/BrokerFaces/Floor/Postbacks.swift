import Exchange
import HTTPClient

/// Order updates on their way to clients' URLs: one attempt each, never in the way of a call.
///
/// No broker document names a retry rule, and a full queue loses what comes next, so whoever
/// receives them must not depend on them.
final class Postbacks: Sendable {
    static let limit = 20_000
    private static let atOnce = 16

    private let orderIDBase: Int
    private let poster = HTTPPoster(connections: atOnce, limit: limit)
    private let others: AsyncStream<(OrderUpdate, String)>
    private let box: AsyncStream<(OrderUpdate, String)>.Continuation

    init(orderIDBase: Int) {
        self.orderIDBase = orderIDBase
        (others, box) = AsyncStream.makeStream(
            of: (OrderUpdate, String).self,
            bufferingPolicy: .bufferingOldest(Self.limit)
        )
    }

    /// Letters about one order may overtake each other, as they do at the broker.
    func add(_ update: OrderUpdate, to address: PostbackAddress) {
        if address.isPlain {
            let orderIDBase = orderIDBase
            poster.post(to: address.url) {
                update.face.postback(update, orderIDBase: orderIDBase)
            }
        } else {
            box.yield((update, address.url))
        }
    }

    /// To an address that the poster takes.
    func add(_ letter: Letter) { poster.post(to: letter.url) { letter.body } }

    /// Sends what comes, some at a time, until cancelled.
    func deliver() async {
        await deliverOthers()
        await poster.close()
    }

    /// What the poster cannot send: under TLS, or to a server that has to be looked up.
    private func deliverOthers() async {
        let client = HTTPClient()
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await (update, url) in others {
                guard let body = update.face.postback(update, orderIDBase: orderIDBase) else {
                    continue
                }
                if running == Self.atOnce {
                    await group.next()
                    running -= 1
                }
                group.addTask { await Self.send(body, to: url, client) }
                running += 1
            }
        }
        await client.close()
    }

    private static func send(_ body: [UInt8], to url: String, _ client: HTTPClient) async {
        var request = HTTPRequest(method: "POST", url: url)
        request.headers = [(name: "Content-Type", value: "application/json")]
        request.body = body
        request.timeout = .seconds(5)
        // A postback that does not arrive is lost, as the broker's own would be.
        _ = try? await client.send(request)
    }
}

/// Where a client wants postbacks.
struct PostbackAddress: Sendable {
    let url: String
    /// Whether the poster reaches it.
    let isPlain: Bool

    init(_ url: String) {
        self.url = url
        isPlain = HTTPPoster.takes(url)
    }
}
