import Exchange
import Secrets
import Synchronization
import WebSocket

/// Groww's socket (groww.md §7): NATS in binary frames, which tells of the client's orders and prices.
///
/// Of positions nothing is told.
extension GrowwFace {
    private static let policyViolation = 1008
    /// At most, of one connection.
    private static let subscriptions = 1_000
    /// From one look at the prices to the next.
    private static let beat: Duration = .milliseconds(500)
    private static let pingPause: Duration = .seconds(60)

    func serve(_ connection: WebSocketConnection) async {
        let nonce = floor.enter { world, _ in world.nextSecret("nonce") }
        let guest = GrowwGuest(
            GrowwSocketTalk(nonce: nonce, mostSubscriptions: Self.subscriptions)
        )
        guard await say(guest.talk { $0.greeting }, to: connection) else { return }
        while guest.talk({ $0.listener }) == nil {
            guard let message = await Self.next(connection) else { return }
            for outcome in hear(message, guest) {
                guard await act(on: outcome, connection) else { return }
            }
        }
        guard let listener = guest.talk({ $0.listener }) else { return }
        let (outcomes, outcome) = AsyncStream.makeStream(
            of: GrowwSocketTalk.Outcome.self,
            bufferingPolicy: .bufferingOldest(OrderFeed.limit)
        )
        let hear: @Sendable (WebSocketMessage) -> Void = { message in
            for one in self.hear(message, guest) { outcome.yield(one) }
        }
        let base = floor.orderIDBase
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await one in outcomes { guard await act(on: one, connection) else { return } }
            }
            group.addTask { await sendPrices(to: connection, guest) }
            group.addTask { await askIfThere(guest, outcome) }
            // What came in one frame with the introduction is heard once the feed has begun.
            await passUpdates(
                of: listener.account,
                to: connection,
                hearing: hear,
                begun: { hear(.binary([])) }
            ) { update in
                let message = GrowwOrderMessage(update, orderIDBase: base)
                guard let subject = message.subject(of: listener) else { return [] }
                return guest.talk { $0.messages(on: subject, message.bytes) }
                    .map { .binary($0) }
            }
            group.cancelAll()
        }
    }

    private func hear(_ message: WebSocketMessage, _ guest: GrowwGuest)
        -> [GrowwSocketTalk.Outcome]
    {
        guard case .binary(let bytes) = message else { return [.end("")] }
        return guest.talk { $0.hear(bytes) { admit($0, $1, signing: $2) } }
    }

    /// Whose token it is, if whoever shows it has signed the nonce with the key that it is for.
    private func admit(_ token: String, _ signature: String, signing nonce: String)
        -> GrowwSocketToken?
    {
        guard let known = floor.enter({ world, now in world.socketToken(token, at: now) }),
            let key = GrowwSocketKey(known.key), let signed = Tokens.fromBase64(signature),
            SigningKey.verifies(signed, of: Array(nonce.utf8), by: key.bytes)
        else { return nil }
        return known
    }

    /// False where the connection is over with it.
    private func act(on outcome: GrowwSocketTalk.Outcome, _ connection: WebSocketConnection) async
        -> Bool
    {
        switch outcome {
        case .say(let words): return await say(words, to: connection)
        case .end(let words):
            if !words.isEmpty { _ = await say(words, to: connection) }
            await connection.close(code: Self.policyViolation)
            return false
        }
    }

    private func say(_ words: String, to connection: WebSocketConnection) async -> Bool {
        (try? await connection.send(.binary(Array(words.utf8)))) != nil
    }

    private func askIfThere(
        _ guest: GrowwGuest,
        _ outcome: AsyncStream<GrowwSocketTalk.Outcome>.Continuation
    ) async {
        while (try? await Task.sleep(for: Self.pingPause)) != nil {
            let question = guest.talk { $0.ping() }
            outcome.yield(question.map { .say($0) } ?? .end("-ERR 'Stale Connection'\r\n"))
        }
    }

    /// What changed, and all that nothing was told of yet.
    private func sendPrices(to connection: WebSocketConnection, _ guest: GrowwGuest) async {
        var told: [String: [UInt8]] = [:]
        while !Task.isCancelled {
            let (subjects, fresh) = guest.talk { talk in
                defer { talk.fresh = [] }
                return (talk.subjects, talk.fresh)
            }
            told = told.filter { subjects[$0.key] != nil && !fresh.contains($0.key) }
            var wanted: [GrowwPriceMessage.Place: [(id: String, subject: String)]] = [:]
            for (id, subject) in subjects {
                guard let place = GrowwPriceMessage.Place(subject) else { continue }
                wanted[place, default: []].append((id, subject))
            }
            let (now, quotes) = floor.quotes(of: wanted) { GrowwPriceMessage.Place($0) }
            for (_, subscriptions, instrument, quote) in quotes {
                for (id, subject) in subscriptions {
                    let message = GrowwPriceMessage(subject, instrument, quote)
                    let content = message.bytes(at: nil)
                    guard told[id] != content else { continue }
                    told[id] = content
                    let bytes = GrowwSocketTalk.message(subject, id, message.bytes(at: now))
                    guard (try? await connection.send(.binary(bytes))) != nil else { return }
                }
            }
            guard (try? await Task.sleep(for: Self.beat)) != nil else { return }
        }
    }
}

/// One client of the socket, told and heard by several tasks.
private final class GrowwGuest: Sendable {
    private let held: Mutex<GrowwSocketTalk>

    init(_ talk: GrowwSocketTalk) { held = Mutex(talk) }

    func talk<R: Sendable>(_ body: (inout GrowwSocketTalk) -> R) -> R {
        held.withLock { body(&$0) }
    }
}

extension World {
    /// Whose token for the socket it is; it ends with the session that it came of.
    fileprivate func socketToken(_ token: String, at now: Moment) -> GrowwSocketToken? {
        guard let known = socketTokens[token],
            clients[known.account].hasValid(known.session, at: now)
        else { return nil }
        return known
    }
}
