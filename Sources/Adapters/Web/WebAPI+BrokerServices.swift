import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// What an account's broker tells of it when it is asked, and what orders would need and cost.
    var brokerServices: [HTTPRoute] {
        [
            accountRoute("GET", "funds") { request, account, ask in
                let funds = try await ask.funds(of: account)
                return .json { $0.brokerFunds(funds) }
            },
            accountRoute("GET", "profile") { request, account, ask in
                let profile = try await ask(account, { $0.profile }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.profile(session)
                }
                return .json { $0.brokerProfile(profile) }
            },
            accountRoute("POST", "margin") { request, account, ask in
                let orders = try await prospectiveOrders(request, account, ask)
                let need = try await ask(account, { $0.margins }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.margin(orders, session)
                }
                return .json { $0.marginNeed(need) }
            },
            accountRoute("POST", "charges") { request, account, ask in
                let orders = try await prospectiveOrders(request, account, ask)
                let estimates = try await ask(account, { $0.charges }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.charges(orders, session)
                }
                return .json { $0.charges(estimates) }
            },
            accountRoute("GET", "ledger") { request, account, ask in
                let days = try Self.days(request)
                let lines = try await ask(account, { $0.ledger }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.ledger(days, session)
                }
                return .json { $0.statement(lines) }
            },
            accountRoute("GET", "past-trades") { request, account, ask in
                let days = try Self.days(request)
                let page = Int(try request.cursor("page") ?? 0)
                let trades = try await ask(account, { $0.tradeHistory }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.pastTrades(days, page: page, session)
                }
                return .json { $0.pastTrades(trades, page) }
            },
            accountRoute("GET", "payments") { request, account, ask in
                let payments = try await ask(account, { $0.payments }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.payments(session)
                }
                return .json { $0.payments(payments) }
            },
            accountRoute("GET", "auctions") { request, account, ask in
                let auctions = try await ask(account, { $0.auctions }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.auctions(session)
                }
                return .json { $0.auctions(auctions) }
            },
            accountRoute("GET", "kill-switch") { request, account, ask in
                let switches = try await ask(account, { $0.killSwitch }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.killSwitch(session)
                }
                return .json { $0.killSwitches(switches) }
            },
            accountRoute("GET", "profit-exit") { request, account, ask in
                let rule = try await ask(account, { $0.profitExit }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.profitExit(session)
                }
                return .json { $0.profitExit(rule) }
            },
            accountRoute("GET", "addresses") { request, account, ask in
                let list = try await ask(account, { $0.addresses }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.addresses(session)
                }
                return .json { $0.addresses(list, of: account) }
            },
            accountRoute("GET", "sale-authorization") { request, account, ask in
                let isin = request.query("isin")
                let (way, standing) = try await ask(account, { $0.sales }) {
                    service,
                    session throws(BrokerFailure) in
                    (service.way, try await service.saleStanding(isin: isin, session))
                }
                return .json { $0.saleStanding(way, standing) }
            },
        ]
    }

    /// A route below an account of a client whom the caller may see.
    func accountRoute(
        _ method: String,
        _ path: String,
        _ handler:
            @escaping @Sendable (HTTPServerRequest, BrokerAccount, AskBroker) async throws ->
            HTTPServerResponse
    ) -> HTTPRoute {
        route(method, "/api/v1/clients/{id}/broker-accounts/{account}/" + path) { request in
            let (_, _, account) = try await visibleAccount(request)
            return try await answering(account.broker) { ask in
                try await handler(request, account, ask)
            }
        }
    }

    /// The account of the path, where the caller may see its client.
    func visibleAccount(_ request: HTTPServerRequest) async throws
        -> (Identity, ClientDetails, BrokerAccount)
    {
        let (caller, details) = try await visibleClient(request)
        let id = try request.id("account", of: AccountID.self)
        guard let account = details.accounts.first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        return (caller, details, account)
    }

    /// Asks, and tells as a problem why there is no answer.
    func answering(
        _ broker: BrokerName,
        _ body: (AskBroker) async throws -> HTTPServerResponse
    ) async throws -> HTTPServerResponse {
        guard let askBroker else { throw Self.problem(.notOffered, broker) }
        do {
            return try await body(askBroker)
        } catch let failure as AskBroker.Failure {
            throw Self.problem(failure, broker)
        }
    }

    private static func problem(_ failure: AskBroker.Failure, _ broker: BrokerName) -> Problem {
        switch failure {
        case .noSession, .broker(.sessionEnded):
            Problem(
                409,
                "session_expired",
                "The account has no session that works: its client must log in at the broker."
            )
        case .notOffered:
            Problem(
                409,
                "not_offered",
                "\(broker.rawValue) has no such call; GET /api/v1/brokers tells what it has."
            )
        case .broker(.limited):
            Problem(
                429,
                "broker_limit",
                "\(broker.rawValue) says that it is asked too often.",
                headers: [("Retry-After", "1")]
            )
        case .broker(.refused(_, let words)):
            Problem(409, "broker_refused", "\(broker.rawValue) refused: \(words)")
        case .broker(.unreachable(let words)):
            Problem(502, "broker_unanswered", "\(broker.rawValue) gave no answer: \(words)")
        }
    }

    /// `from` and `to` of the query, a year at the most.
    static func days(_ request: HTTPServerRequest) throws(Problem)
        -> ClosedRange<CalendarDay>
    {
        guard let from = request.query("from").flatMap({ CalendarDay($0) }) else {
            throw Problem.invalid("from", "required", "from must be a day such as 2026-11-23.")
        }
        guard let to = request.query("to").flatMap({ CalendarDay($0) }) else {
            throw Problem.invalid("to", "required", "to must be a day such as 2026-11-23.")
        }
        guard from <= to, to.number - from.number <= 366 else {
            throw Problem.invalid("to", "out_of_range", "to must be from that day to a year later.")
        }
        return from...to
    }
}
