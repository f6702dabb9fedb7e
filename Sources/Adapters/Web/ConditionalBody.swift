import Desk
import HTTPServer
import JSON
import Trading

/// What `POST /api/v1/clients/{id}/conditional-orders` asks for, read and checked for its form.
struct ConditionalBody {
    let symbol: String
    let exchange: ExchangeName
    let side: Side
    let product: Product
    let quantity: Quantity
    let condition: Condition

    init(_ request: HTTPServerRequest) throws(Problem) {
        var fields = try Fields(of: request)
        let kind = fields.word("kind", ConditionalKind.self)
        let symbol = fields.text("symbol", limit: 40)
        let exchange = fields.word("exchange", ExchangeName.self, default: .nse)
        let side = fields.word("side", Side.self)
        let product = fields.word("product", Product.self, default: .delivery)
        let quantity = fields.quantity("quantity")
        let condition = kind.flatMap { Self.condition($0, &fields) }
        try fields.finish()
        guard let symbol, let exchange, let side, let product, let quantity, let condition else {
            throw Problem.invalid("body", "incomplete", "Some field is missing.")
        }
        self.symbol = symbol.uppercased()
        self.exchange = exchange
        self.side = side
        self.product = product
        self.quantity = quantity
        self.condition = condition
    }

    private static func condition(_ kind: ConditionalKind, _ fields: inout Fields) -> Condition? {
        switch kind {
        case .single:
            let direction = fields.word("direction", TriggerDirection.self)
            let trigger = fields.price("trigger_price")
            if trigger == nil { fields.require("trigger_price") }
            let price = fields.price("price")
            guard let direction, let trigger else { return nil }
            return .single(direction, TriggeredLeg(trigger: trigger, price: price))
        case .oneCancelsOther:
            let target = leg("target", &fields)
            let stop = leg("stop", &fields)
            guard let target, let stop else { return nil }
            return .oneCancelsOther(target: target.leg, stop: stop.leg)
        case .bracket:
            let entry = fields.price("price")
            let target = leg("target", &fields)
            let stop = leg("stop", trails: true, &fields)
            guard let target, let stop else { return nil }
            return .bracket(entry: entry, target: target.leg, stop: stop.leg, trail: stop.trail)
        }
    }

    /// A leg's object within the body; its problems name it with its holder.
    private static func leg(
        _ name: String,
        trails: Bool = false,
        _ fields: inout Fields
    ) -> (leg: TriggeredLeg, trail: Price?)? {
        guard let value = fields.value(name) else {
            fields.require(name)
            return nil
        }
        guard let object = value.object else {
            fields.refuse(name, "wrong_type", "\(name) must be an object.")
            return nil
        }
        var inner = Fields(object)
        let trigger = inner.price("trigger_price")
        if trigger == nil { inner.require("trigger_price") }
        let price = inner.price("price")
        let trail = trails ? inner.price("trail") : nil
        fields.take(problemsOf: &inner, within: name)
        return trigger.map { (TriggeredLeg(trigger: $0, price: price), trail) }
    }
}

/// What `PATCH /api/v1/conditional-orders/{id}` asks for: what is named changes, the rest stays.
struct ConditionalChange {
    private let quantity: Quantity?
    private let trigger: Price?
    private let price: Price?
    private let target: LegChange?
    private let stop: LegChange?

    private struct LegChange {
        let trigger: Price?
        let price: Price?
        let trail: Price?

        func applied(to leg: TriggeredLeg) -> TriggeredLeg {
            TriggeredLeg(trigger: trigger ?? leg.trigger, price: price ?? leg.price)
        }
    }

    init(_ request: HTTPServerRequest) throws(Problem) {
        var fields = try Fields(of: request)
        quantity = fields.quantity("quantity", required: false)
        trigger = fields.price("trigger_price")
        price = fields.price("price")
        target = Self.leg("target", &fields)
        stop = Self.leg("stop", &fields)
        try fields.finish()
    }

    private static func leg(_ name: String, _ fields: inout Fields) -> LegChange? {
        guard let value = fields.value(name) else { return nil }
        guard let object = value.object else {
            fields.refuse(name, "wrong_type", "\(name) must be an object.")
            return nil
        }
        var inner = Fields(object)
        let change = LegChange(
            trigger: inner.price("trigger_price"),
            price: inner.price("price"),
            trail: name == "stop" ? inner.price("trail") : nil
        )
        fields.take(problemsOf: &inner, within: name)
        return change
    }

    /// The changed terms; refused where a field is named that this kind does not have.
    func applied(to terms: ConditionalTerms) throws(Problem) -> ConditionalTerms {
        let condition: Condition
        switch terms.condition {
        case .single(let direction, let leg):
            try refuse(("target", target != nil), ("stop", stop != nil))
            let changed = LegChange(trigger: trigger, price: price, trail: nil)
            condition = .single(direction, changed.applied(to: leg))
        case .oneCancelsOther(let oldTarget, let oldStop):
            try refuse(("trigger_price", trigger != nil), ("price", price != nil))
            try refuse(("stop.trail", stop?.trail != nil))
            condition = .oneCancelsOther(
                target: target?.applied(to: oldTarget) ?? oldTarget,
                stop: stop?.applied(to: oldStop) ?? oldStop
            )
        case .bracket(let entry, let oldTarget, let oldStop, let trail):
            try refuse(("trigger_price", trigger != nil))
            condition = .bracket(
                entry: price ?? entry,
                target: target?.applied(to: oldTarget) ?? oldTarget,
                stop: stop?.applied(to: oldStop) ?? oldStop,
                trail: stop?.trail ?? trail
            )
        }
        return ConditionalTerms(
            instrument: terms.instrument,
            side: terms.side,
            product: terms.product,
            quantity: quantity ?? terms.quantity,
            condition: condition
        )
    }

    private func refuse(_ fields: (name: String, isGiven: Bool)...) throws(Problem) {
        guard let given = fields.first(where: \.isGiven) else { return }
        throw Problem.invalid(given.name, "not_allowed", "This kind has no \(given.name).")
    }
}

extension Fields {
    /// Notes that a field is missing, unless it is there and wrong.
    fileprivate mutating func require(_ name: String) {
        guard !has(name) else { return }
        refuse(name, "required", "\(name) is required.")
    }

    /// Takes over what is wrong with an object within, unknown fields too.
    fileprivate mutating func take(problemsOf inner: inout Fields, within name: String) {
        do {
            try inner.finish()
        } catch {
            for problem in inner.problems {
                refuse(name + "." + problem.field, problem.code, problem.sentence)
            }
        }
    }
}
