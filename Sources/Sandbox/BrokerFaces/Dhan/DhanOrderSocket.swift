import Exchange
import JSON
import WebSocket

/// Dhan's order-update socket (dhan.md §7): login by the first frame, then every order's changes.
extension DhanFace {
    /// What a partner logs in with.
    static let partner = (id: "partner-1", secret: "partner-secret-1")
    /// The WebSocket protocol's code for a broken rule; Dhan's own is not documented.
    private static let policyViolation = 1008

    /// Who listens: one account, or with nil a partner, who sees all.
    private struct Listener {
        let account: Int?
    }

    func serve(_ connection: WebSocketConnection) async {
        // Two hosts of the real broker, and one port here: prices are asked for with a query.
        if connection.query("authType") != nil { return await serveMarketFeed(connection) }
        guard let first = await Self.next(connection), case .text(let text) = first,
            let listener = logIn(text)
        else {
            await connection.close(code: Self.policyViolation)
            return
        }
        let orderIDBase = floor.orderIDBase
        await passUpdates(of: listener.account, to: connection) { update in
            [.text(DhanOrderAlert.text(update, orderIDBase))]
        }
    }

    /// Who logs in with the first frame.
    private func logIn(_ text: String) -> Listener? {
        guard let frame = try? JSONValue(parsing: text), let request = frame["LoginReq"],
            request["MsgCode"]?.int64 == 42, let client = request["ClientId"]?.string
        else { return nil }
        switch frame["UserType"]?.string {
        case "SELF":
            let caller = Caller(client: client, token: request["Token"]?.string ?? "")
            return floor.account(of: caller, at: Self.self).map { Listener(account: $0) }
        case "PARTNER":
            let isKnown =
                client == Self.partner.id && frame["Secret"]?.string == Self.partner.secret
            return isKnown ? Listener(account: nil) : nil
        default:
            return nil
        }
    }
}
