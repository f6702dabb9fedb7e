import Desk
import HTTPServer
import Trading

/// What `POST /api/v1/exits` asks for: whose or which positions to leave.
struct ExitBody {
    /// The scopes that have a word of their own.
    enum Kind: String, CaseIterable {
        case client, symbol, trader
    }

    let kind: Kind
    let client: ClientID
    let symbol: String
    let exchange: ExchangeName
    let trader: TraderID?
    /// As what it is sold; nil: each as what it is held.
    let product: Product?

    /// Reads it; whatever does not belong to the scope is refused.
    init(_ request: HTTPServerRequest) throws(Problem) {
        var fields = try Fields(of: request)
        let kind = fields.word("scope", Kind.self)
        var (client, symbol, exchange): (ClientID?, String?, ExchangeName?)
        switch kind {
        case .client:
            client = fields.integer("client_id", in: 1 ... .max).map { ClientID($0) }
        case .symbol:
            symbol = fields.text("symbol", limit: 40)
            exchange = fields.word("exchange", ExchangeName.self, default: .nse)
        case .trader, nil: break
        }
        let product = fields.word("product", Product.self, required: false)
        trader = fields.integer("trader_id", in: 1 ... .max, required: false).map { TraderID($0) }
        if product == .carryForward {
            fields.refuse("product", "not_for_shares", "NRML is for futures and options.")
        }
        try fields.finish()
        guard let kind else { throw Problem.invalid("scope", "required", "scope is required.") }
        self.kind = kind
        self.client = client ?? ClientID(0)
        self.symbol = (symbol ?? "").uppercased()
        self.exchange = exchange ?? .nse
        self.product = product
    }
}
