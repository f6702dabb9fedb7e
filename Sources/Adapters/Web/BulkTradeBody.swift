import Desk
import HTTPServer
import JSON
import Secrets
import Trading

/// What a trader asks for in the body of a bulk trade, read and checked.
struct BulkTradeBody: Sendable {
    let symbol: String
    let exchange: ExchangeName
    let side: Side
    let type: OrderType
    let product: Product
    let validity: Validity
    let price: Price?
    let trigger: Price?
    let sizing: Sizing
    var clients: ClientFilter
    let onDoubt: DoubtPolicy

    /// Most clients that a body may name one by one.
    private static let mostNamed = 20_000

    /// Reads it; where the path names one client, the body names none.
    init(_ request: HTTPServerRequest, for client: ClientID? = nil) throws(Problem) {
        try self.init(Fields(of: request), client.map { .named([$0]) }, nil)
    }

    /// One leg of a basket, whose clients and policy are the basket's.
    init(leg: Fields, _ clients: ClientFilter, _ onDoubt: DoubtPolicy) throws(Problem) {
        try self.init(leg, clients, onDoubt)
    }

    /// Reads what is not said elsewhere.
    private init(_ read: Fields, _ whose: ClientFilter?, _ policy: DoubtPolicy?) throws(Problem) {
        var fields = read
        let symbol = fields.text("symbol", limit: 40)
        let exchange = fields.word("exchange", ExchangeName.self, default: .nse)
        let side = fields.word("side", Side.self)
        let type = fields.word("order_type", OrderType.self, default: .market)
        let product = fields.word("product", Product.self, default: .delivery)
        let validity = fields.word("validity", Validity.self, default: .day)
        price = fields.price("price")
        trigger = fields.price("trigger_price")
        let sizing = Self.sizing(&fields)
        let clients = whose ?? Self.clients(&fields)
        onDoubt = policy ?? Self.onDoubt(&fields)
        try fields.finish()
        guard let symbol, let exchange, let side, let type, let product, let validity, let sizing,
            let clients
        else { throw Problem.invalid("body", "incomplete", "Some field is missing.") }
        self.symbol = symbol.uppercased()
        self.exchange = exchange
        self.side = side
        self.type = type
        self.product = product
        self.validity = validity
        self.sizing = sizing
        self.clients = clients
    }

    /// `percent` of capital or holding; `quantity`, capped by `cap_percent` of capital or the usual part
    /// unless `exact`; or `amount`.
    private static func sizing(_ fields: inout Fields) -> Sizing? {
        let percent = fields.percent("percent")
        let quantity = fields.quantity("quantity", required: false)
        let amount = fields.money("amount")
        let cap = fields.percent("cap_percent")
        let exact = fields.value("exact")
        let given = ["percent", "quantity", "amount"].filter { fields.has($0) }
        guard given.count == 1 else {
            if given.isEmpty {
                fields.refuse("percent", "required", "Give one of percent, quantity or amount.")
            } else {
                fields.refuse(given[1], "too_many", "Give only one of percent, quantity, amount.")
            }
            return nil
        }
        if exact != nil, exact?.bool == nil {
            fields.refuse("exact", "wrong_type", "exact must be true or false.")
        }
        let isExact = exact?.bool ?? false
        if given != ["quantity"], cap != nil || isExact {
            fields.refuse(
                cap != nil ? "cap_percent" : "exact",
                "not_allowed",
                "This goes with quantity only."
            )
        }
        if isExact, cap != nil {
            fields.refuse("cap_percent", "not_allowed", "An exact quantity has no cap.")
        }
        if let percent { return .part(percent) }
        if let quantity {
            return isExact ? .quantity(quantity) : .quantityWithin(quantity, part: cap)
        }
        guard let amount else { return nil }
        guard amount > .zero else {
            fields.refuse("amount", "out_of_range", "amount must be above 0.")
            return nil
        }
        return .amount(amount)
    }

    /// `clients`: "all", or a list of ids; or `group`.
    static func clients(_ fields: inout Fields) -> ClientFilter? {
        let group = fields.text("group", limit: 100, required: false)
        guard let value = fields.value("clients") else {
            return group.map(ClientFilter.group) ?? .all
        }
        if group != nil {
            fields.refuse("group", "not_allowed", "Give clients or a group, not both.")
        }
        if value.string == "all" { return .all }
        let ids = value.array?.compactMap { $0.int64 ?? $0.string.flatMap { Int64($0) } }
        guard let ids, ids.count == value.array?.count, !ids.isEmpty, ids.count <= mostNamed,
            ids.allSatisfy({ $0 > 0 })
        else {
            fields.refuse("clients", "wrong_type", "clients must be \"all\" or a list of ids.")
            return nil
        }
        return .named(Set(ids).sorted().map { ClientID($0) })
    }

    /// `on_doubt`: "ask", or "resend:30s".
    static func onDoubt(_ fields: inout Fields) -> DoubtPolicy {
        guard let value = fields.value("on_doubt") else { return .ask }
        guard let policy = value.string.flatMap({ DoubtPolicy($0) }) else {
            let range = DoubtPolicy.range
            fields.refuse(
                "on_doubt",
                "unknown_word",
                "on_doubt must be ask, or resend:Ns with N from \(range.lowerBound) to "
                    + "\(range.upperBound)."
            )
            return .ask
        }
        return policy
    }

    /// The terms with the instrument found, or what is wrong with them together.
    func terms(_ instrument: Instrument) throws(Problem) -> OrderTerms {
        let terms = OrderTerms(
            instrument: instrument,
            side: side,
            type: type,
            product: product,
            validity: validity,
            price: price,
            trigger: trigger
        )
        let problems = terms.problems(sizing)
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        return terms
    }

    /// The same for the same meaning, however the body was written.
    func hash(for trader: TraderID) -> [UInt8] {
        var parts = [
            "\(trader)", symbol, exchange.rawValue, side.rawValue, type.rawValue,
            product.rawValue, validity.rawValue, price?.rupees ?? "", trigger?.rupees ?? "",
            "\(sizing)", "\(clients)",
        ]
        if onDoubt != .ask { parts.append(onDoubt.text) }
        return Tokens.sha256(Array(parts.joined(separator: "\n").utf8))
    }
}
