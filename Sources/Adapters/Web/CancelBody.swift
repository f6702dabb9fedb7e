import Desk
import HTTPServer
import JSON
import Trading

/// What `POST /api/v1/cancels` asks for: whose or what open orders.
struct CancelBody {
    /// The scopes that have a word of their own here; a task and an order have paths of their own.
    enum Kind: String, CaseIterable {
        case client, symbol, trader, everything
    }

    let kind: Kind
    let client: ClientID?
    let symbol: String
    let exchange: ExchangeName
    /// Whose orders: the caller's own, or as an admin says; nil: every trader's.
    let trader: TraderID?
    let reason: String?

    /// Reads it; whatever does not belong to the scope is refused.
    init(_ request: HTTPServerRequest, _ caller: Identity) throws(Problem) {
        var fields = try Fields(of: request)
        let kind = fields.word("scope", Kind.self)
        reason = fields.text("reason", limit: 500, required: false)
        var (client, symbol, exchange): (ClientID?, String?, ExchangeName?)
        switch kind {
        case .client:
            client = fields.integer("client_id", in: 1 ... .max).map { ClientID($0) }
        case .symbol:
            symbol = fields.text("symbol", limit: 40)
            exchange = fields.word("exchange", ExchangeName.self, default: .nse)
        case .trader, .everything, nil: break
        }
        var trader = caller.trader
        if kind != .client,
            let named = fields.integer(
                "trader_id",
                in: 1 ... .max,
                required: kind == .trader && caller.trader == nil
            )
        {
            if let own = caller.trader, own.raw != named {
                fields.refuse("trader_id", "not_allowed", "A trader cancels for oneself only.")
            }
            trader = TraderID(named)
        }
        try fields.finish()
        guard let kind else { throw Problem.invalid("scope", "required", "scope is required.") }
        self.kind = kind
        self.client = client
        self.symbol = symbol ?? ""
        self.exchange = exchange ?? .nse
        self.trader = trader
    }

    /// The scope, but for a symbol, whose instrument must be looked up.
    var scope: CancelScope { client.map { .client($0) } ?? .everything }

    /// The field that names what the scope is about.
    var subjectField: String {
        switch kind {
        case .client: "client_id"
        case .symbol: "symbol"
        case .trader: "trader_id"
        case .everything: "scope"
        }
    }
}

extension CancelScope {
    /// The word by which it is asked for and shown.
    var word: String {
        switch self {
        case .task: "task"
        case .order: "order"
        case .client: "client"
        case .instrument: "symbol"
        case .everything: "everything"
        }
    }

    /// The id of what it is about; nil where it is about everything.
    var subject: Int64? {
        switch self {
        case .task(let id): id.raw
        case .order(let id): id.raw
        case .client(let id): id.raw
        case .instrument(let id): id.raw
        case .everything: nil
        }
    }
}

extension JSONWriter {
    /// What was asked.
    mutating func cancellationHead(_ head: CancellationHead) {
        field("cancellation_id", head.id.raw)
        field("scope", head.scope.word)
        switch head.scope {
        case .task(let id): field("task_id", id.raw)
        case .order(let id): field("order_id", id.raw)
        case .client(let id): field("client_id", id.raw)
        case .instrument(let id): field("instrument_id", id.raw)
        case .everything: break
        }
        fieldOrNull("trader_id", head.trader?.raw)
        fieldOrNull("reason", head.why)
        field("asked_at", TimestampText.text(head.askedAt))
    }

    /// What was asked, and how far it has come.
    mutating func cancellationFields(_ cancellation: Cancellation) {
        cancellationHead(cancellation.head)
        field("state", cancellation.isOver ? "COMPLETE" : "RUNNING")
        key("counts")
        beginObject()
        field("total", cancellation.total)
        for result in CancelResult.allCases {
            field(result.rawValue, cancellation.counts[result] ?? 0)
        }
        endObject()
        field("released_amount", cancellation.released.rupees)
    }

    /// One order of a cancellation.
    mutating func cancelledOrder(_ row: CancelledOrder) {
        let intent = row.order.intent
        beginObject()
        field("order_id", intent.id.raw)
        field("slice", Int64(intent.leg))
        field("task_id", intent.task.raw)
        field("client_id", intent.client.raw)
        field("client_code", row.order.clientCode)
        field("side", row.side.rawValue)
        field("symbol", row.symbol)
        field("broker", intent.broker.rawValue)
        fieldOrNull("broker_order_id", intent.brokerOrderID)
        field("result", row.result.rawValue)
        field("meaning", row.result.sentence)
        field("state", intent.state.rawValue)
        field("quantity", intent.quantity.raw)
        field("filled_quantity", intent.filled.raw)
        field("released_amount", row.released.rupees)
        field("released_quantity", row.releasedShares.raw)
        field("held_amount", intent.held.rupees)
        fieldOrNull("reason_code", intent.reason?.rawValue)
        field("tries", row.tries)
        fieldOrNull("broker_message", row.words ?? intent.note)
        if let doubt = row.order.doubt {
            key("unknown")
            doubtRecord(doubt)
        }
        field("updated_at", TimestampText.text(row.order.updatedAt))
        endObject()
    }
}
