import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// What trading costs beside the price.
    var costRoutes: [HTTPRoute] {
        [route("POST", "/api/v1/calculate-costs") { try await calculateCosts($0) }]
    }

    /// A purchase or sale, and perhaps the trade that ends it, at one broker.
    private func calculateCosts(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        _ = try await authentication.caller(request)
        let asked = try CostRequest(request, today: CalendarDay(containing: clock.now()))
        let entry = asked.leg(asked.side, at: asked.entry)
        let exit = asked.exit.map { asked.leg(asked.side == .buy ? .sell : .buy, at: $0) }
        return .json { body in
            body.beginObject()
            body.field("broker", asked.broker.rawValue)
            body.field("exchange", asked.exchange.rawValue)
            body.field("segment", asked.segment.rawValue)
            body.field("quantity", asked.quantity.raw)
            body.field("on", asked.day.description)
            let rates = StatutoryRates.on(asked.day)
            body.field("rates_from", rates.from.description)
            body.field("rates_source", rates.source)
            body.costLeg("entry", entry)
            if let exit {
                body.costLeg("exit", exit)
                let gross =
                    asked.side == .buy
                    ? exit.turnover - entry.turnover : entry.turnover - exit.turnover
                let total = (entry.charges + exit.charges).total
                body.field("total_charges", total.rupees)
                body.field("gross_profit", gross.rupees)
                body.field("net_profit", (gross - total).rupees)
            } else {
                body.field("total_charges", entry.charges.total.rupees)
            }
            body.endObject()
        }
    }
}

/// One trade and its charges.
struct CostLeg: Sendable {
    let side: Side
    let price: Price
    let turnover: Money
    let charges: Charges
}

/// What `POST /api/v1/calculate-costs` asks for.
struct CostRequest: Sendable {
    let side: Side
    let segment: TradeSegment
    let isMarginFunding: Bool
    let exchange: ExchangeName
    let broker: BrokerName
    let quantity: Quantity
    let entry: Price
    let exit: Price?
    let day: CalendarDay

    /// Reads it; `segment` and `product` are two ways to say the same.
    init(_ request: HTTPServerRequest, today: CalendarDay) throws(Problem) {
        var fields = try Fields(of: request)
        let side = fields.word("side", Side.self, default: .buy)
        let product = fields.word("product", Product.self, default: .delivery)
        var segment = product.map { TradeSegment($0) }
        if fields.has("segment") {
            if fields.has("product") {
                fields.refuse("segment", "not_allowed", "Give product or segment, not both.")
            }
            segment = fields.word("segment", TradeSegment.self)
        }
        let exchange = fields.word("exchange", ExchangeName.self, default: .nse)
        let broker = fields.word("broker", BrokerName.self)
        let quantity = fields.quantity("quantity")
        let entry = fields.price("entry_price")
        if entry == nil, !fields.has("entry_price") {
            fields.refuse("entry_price", "required", "entry_price is required.")
        }
        exit = fields.price("exit_price")
        var day = today
        if let text = fields.text("date", limit: 10, required: false) {
            if let found = CalendarDay(text) {
                day = found
            } else {
                fields.refuse("date", "wrong_type", "date must be a day such as 2026-11-21.")
            }
        }
        if let quantity, let most = [entry, exit].compactMap(\.self).max(),
            most.value(of: quantity) > Money.limit
        {
            fields.refuse("quantity", "out_of_range", "No trade is worth more than \(Money.limit).")
        }
        try fields.finish()
        guard let side, let segment, let exchange, let broker, let quantity, let entry else {
            throw Problem.invalid("body", "incomplete", "Some field is missing.")
        }
        self.side = side
        self.segment = segment
        isMarginFunding = product == .marginFunding
        self.exchange = exchange
        self.broker = broker
        self.quantity = quantity
        self.entry = entry
        self.day = day
    }

    /// A trade of all shares on one side.
    func leg(_ side: Side, at price: Price) -> CostLeg {
        let order = Charges.Order(
            side: side,
            segment: segment,
            isMarginFunding: isMarginFunding,
            exchange: exchange,
            broker: broker,
            day: day
        )
        let turnover = price.value(of: quantity)
        return CostLeg(
            side: side,
            price: price,
            turnover: turnover,
            charges: Charges(of: order, turnover: turnover)
        )
    }
}

extension JSONWriter {
    fileprivate mutating func costLeg(_ name: String, _ leg: CostLeg) {
        key(name)
        beginObject()
        field("side", leg.side.rawValue)
        field("price", leg.price.rupees)
        field("turnover", leg.turnover.rupees)
        key("charges")
        charges(leg.charges)
        endObject()
    }
}
