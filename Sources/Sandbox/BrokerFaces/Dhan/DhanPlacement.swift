import Exchange

/// Reads the body of a placement into what the exchange is asked.
struct DhanPlacement {
    let call: FaceCall
    let fields: FlatObject

    init(_ call: FaceCall) throws(DhanError) {
        guard let fields = call.fields else { throw .badInput }
        self.call = call
        self.fields = fields
    }

    /// Checks form and values; rules of the exchange are left to the exchange.
    func request(_ world: World) throws(DhanError) -> OrderRequest {
        try checkIdentity(world)
        let market = world.exchange.isOpen(at: call.now)
        let isAfterMarket = fields.flag("afterMarketOrder") ?? false
        guard let side = DhanWords.side(fields.text("transactionType")),
            let product = DhanWords.product(fields.text("productType")),
            let kind = DhanWords.kind(fields.text("orderType")),
            let validity = DhanWords.validity(fields.text("validity")),
            let quantity = fields.whole("quantity") ?? nil, (1...100_000_000).contains(quantity),
            let disclosed = fields.whole("disclosedQuantity"),
            (0...100_000_000).contains(disclosed ?? 0),
            let price = fields.amount("price"), let trigger = fields.amount("triggerPrice"),
            isPrice(price ?? .zero, needed: !kind.isMarket),
            isPrice(trigger ?? .zero, needed: kind.isStop),
            !isAfterMarket || hasGoodAMOTime
        else { throw .badInput }
        if !market, !isAfterMarket {
            throw .order("Market is Closed! Want to place an offline order?")
        }
        if world.clients[call.account].isKilled {
            throw .order("Kill Switch is activated, orders are not allowed")
        }
        var request = OrderRequest(
            account: call.account,
            reference: try reference(),
            instrument: try DhanFace.instrument(fields, world),
            side: side,
            product: product,
            kind: kind,
            validity: validity,
            quantity: quantity,
            price: kind.isMarket ? .zero : price ?? .zero,
            trigger: kind.isStop ? trigger ?? .zero : .zero
        )
        if world.lacksAuthorisation(request) {
            throw .order("eDIS approval is needed to sell these shares: generate T-PIN first")
        }
        request.disclosed = disclosed ?? 0
        request.isAfterMarket = isAfterMarket
        call.mark(&request)
        return request
    }

    /// The body repeats the client's id, which must be that of the token.
    private func checkIdentity(_ world: World) throws(DhanError) {
        guard let client = fields.text("dhanClientId") else { throw .badInput }
        if client != world.clients[call.account].client { throw .authentication }
    }

    /// Up to 30 letters, digits, spaces, `_`, `-` or `.`; a tag used before is taken again.
    private func reference() throws(DhanError) -> String? {
        guard let text = fields.text("correlationId") else { return nil }
        let isGood = text.utf8.count <= 30 && text.utf8.allSatisfy(Self.isTagByte)
        guard isGood else { throw .badInput }
        return text
    }

    private static func isTagByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private var hasGoodAMOTime: Bool {
        guard let time = fields.text("amoTime") else { return true }
        return ["PRE_OPEN", "OPEN", "OPEN_30", "OPEN_60"].contains(time)
    }

    private func isPrice(_ price: Rupees, needed: Bool) -> Bool {
        price <= .greatest && (needed ? price > .zero : price >= .zero)
    }
}

extension Exchange {
    /// Whether orders can trade at a moment, whatever was last seen.
    func isOpen(at moment: Moment) -> Bool { hours.isOpen(at: moment) }
}
