import Exchange

/// Reads one order of a placement into what the exchange is asked (upstox.md §2, §9).
struct UpstoxPlacement {
    let fields: FlatObject
    let call: FaceCall

    /// Checks form and values; rules of the exchange are left to the exchange.
    func request(_ world: World) throws(UpstoxError) -> OrderRequest {
        try checkPresence()
        guard let quantity = fields.whole("quantity") ?? nil, (1...100_000_000).contains(quantity)
        else { throw UpstoxError(1052, "The quantity should be greater than zero") }
        let kind = try UpstoxWords.neededKind(fields)
        let validity = try UpstoxWords.neededValidity(fields)
        guard let side = UpstoxWords.side(fields.text("transaction_type")) else { throw .input }
        let instrument = try world.upstoxInstrument(fields.text("instrument_token") ?? "")
        let segment = world.exchange.instrument(instrument).key.segment
        guard let product = UpstoxWords.product(fields.text("product"), in: segment) else {
            throw .input
        }
        if world.clients[call.account].stoppedSegments[UpstoxWords.word(segment)] != nil {
            throw UpstoxError(100500, "Trading in this segment is stopped by the kill switch")
        }
        let (price, trigger) = try prices(kind)
        try checkProtection(kind)
        var request = OrderRequest(
            account: call.account,
            reference: try tag(),
            instrument: instrument,
            side: side,
            product: product,
            kind: kind,
            validity: validity,
            quantity: quantity,
            price: price,
            trigger: trigger
        )
        request.disclosed = try disclosed(of: quantity)
        request.isAfterMarket = try isAfterMarket(world)
        call.mark(&request)
        return request
    }

    /// Whether what is above the freeze quantity becomes several orders.
    var slices: Bool { fields.flag("slice") ?? false }

    private func checkPresence() throws(UpstoxError) {
        let needed: [StaticString] = [
            "quantity", "product", "price", "trigger_price", "instrument_token",
            "transaction_type", "disclosed_quantity", "is_amo",
        ]
        guard needed.allSatisfy({ fields.has($0) }), fields.flag("is_amo") != nil else {
            throw .body
        }
    }

    /// What is missing and what is too much have numbers of their own, by the kind of order.
    private func prices(_ kind: OrderKind) throws(UpstoxError) -> (Rupees, Rupees) {
        guard let price = fields.amount("price") ?? nil, price >= .zero, price <= .greatest,
            let trigger = fields.amount("trigger_price") ?? nil, trigger >= .zero,
            trigger <= .greatest
        else { throw UpstoxError(1043, "Price is invalid") }
        switch kind {
        case .market where price > .zero:
            throw UpstoxError(1030, "Price is not required for this order type")
        case .limit where price == .zero: throw UpstoxError(1029, "Price is required")
        case .stopLimit where price == .zero && trigger == .zero:
            throw UpstoxError(1031, "Price and trigger price are both required")
        case .stopLimit where price == .zero: throw UpstoxError(1029, "Price is required")
        case .stopMarket where price > .zero:
            throw UpstoxError(1032, "Only the trigger price is required for this order type")
        case _ where kind.isStop && trigger == .zero:
            throw UpstoxError(1036, "Trigger price is required")
        default: return (price, kind.isStop ? trigger : .zero)
        }
    }

    /// −1 leaves it to Upstox, and so does silence; orders without protection are refused.
    private func checkProtection(_ kind: OrderKind) throws(UpstoxError) {
        guard fields.has("market_protection"), kind.isMarket else { return }
        guard let percent = fields.amount("market_protection") ?? nil else {
            throw UpstoxError(1160, "Market protection is invalid")
        }
        if percent == .zero { throw UpstoxError(1158, "Market orders need a market protection") }
        if percent > Rupees(25) { throw UpstoxError(1159, "Market protection is above 25 percent") }
        guard percent == Rupees(-1) || percent >= Rupees(1) else {
            throw UpstoxError(1160, "Market protection is invalid")
        }
    }

    private func disclosed(of quantity: Int64) throws(UpstoxError) -> Int64 {
        guard let disclosed = fields.whole("disclosed_quantity") ?? nil, disclosed >= 0,
            disclosed == 0 || disclosed * 10 >= quantity
        else { throw UpstoxError(1039, "Disclosed quantity should be at least 10%") }
        return disclosed
    }

    /// Not unique, and of any characters.
    private func tag() throws(UpstoxError) -> String? {
        guard let tag = fields.text("tag") else { return nil }
        if tag.utf8.count > 40 { throw UpstoxError(1119, "The 'tag' is longer than 40 characters") }
        return tag
    }

    /// In market hours no order is an after-market one, whatever it says.
    private func isAfterMarket(_ world: World) throws(UpstoxError) -> Bool {
        if world.exchange.isOpen(at: call.now) { return false }
        guard fields.flag("is_amo") == true else { throw .marketClosed }
        return true
    }
}

extension World {
    /// The instrument of a key such as `NSE_EQ|INE669E01016` or `NSE_FO|43919`.
    func upstoxInstrument(_ key: String) throws(UpstoxError) -> Int {
        let parts = key.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 2, let segment = UpstoxWords.segment(parts[0]), !parts[1].isEmpty
        else { throw .badKey }
        if let token = Int(parts[1]),
            let found = exchange.find(InstrumentKey(segment: segment, token: token))
        {
            return found
        }
        let found = exchange.instruments.firstIndex {
            $0.key.segment == segment && $0.isin == parts[1]
        }
        guard let found else { throw .noInstrument }
        return found
    }
}
