import Desk
import HTTPServer
import Trading

/// What clients do for themselves.
extension WebAPI {
    /// The client whom the caller is, and who may trade; nil for those who trade for many.
    func tradingClient(_ caller: Identity) throws(Problem) -> ClientID? {
        guard caller.role == .client else { return nil }
        guard let client = caller.client, caller.mayTrade else {
            throw Problem(
                403,
                "trading_not_allowed",
                "Your trader has not allowed you to trade by yourself."
            )
        }
        return client
    }

    /// Whether the caller may see a trade: all (admins), the own (traders), or what was asked for
    /// oneself alone (clients).
    static func isVisible(_ trade: BulkTrade, to caller: Identity) -> Bool {
        switch caller.role {
        case .admin: true
        case .trader: trade.trader == caller.trader
        case .client: caller.client.map { trade.isOnly(for: $0) } ?? false
        }
    }

    /// Refuses orders that are not the client's, or part of a trade for many.
    func expectOwn(_ order: IntentID, of client: ClientID) async throws {
        guard let found = try await stores.orders.order(order),
            found.result.intent.client == client,
            let trade = try await progress.trade(found.result.intent.task),
            trade.isOnly(for: client)
        else { throw Problem.notFound }
    }
}

extension BulkTradeBody {
    /// What a client asks for is for that client alone.
    mutating func keep(to client: ClientID) throws(Problem) {
        switch clients {
        case .all: clients = .named([client])
        case .named([client]): break
        case .named, .group:
            throw Problem.invalid("clients", "not_allowed", "You trade for yourself only.")
        }
    }
}
