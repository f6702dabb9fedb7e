import Exchange
import HTTPServer

/// Reads the body of a placement into what the exchange is asked (groww.md §2).
struct GrowwPlacement {
    let call: FaceCall
    let fields: FlatObject

    init(_ call: FaceCall) throws(GrowwError) {
        guard let fields = call.fields else { throw .badRequest("The body is no JSON object") }
        guard call.request.header("x-api-version") == "1.0" else {
            throw .badRequest("X-API-VERSION is missing or unknown")
        }
        self.call = call
        self.fields = fields
    }

    /// Checks form and values; rules of the exchange are left to the exchange.
    func request(_ world: World) throws(GrowwError) -> OrderRequest {
        let reference = try reference(world)
        guard let side = GrowwWords.side(fields.text("transaction_type")) else {
            throw .badRequest("Invalid transaction_type")
        }
        guard let product = GrowwWords.product(fields.text("product")) else {
            throw .badRequest("Invalid product")
        }
        guard let validity = GrowwWords.validity(fields.text("validity")) else {
            throw .badRequest("Invalid validity")
        }
        guard let quantity = fields.whole("quantity") ?? nil, (1...100_000_000).contains(quantity)
        else { throw .badRequest("Invalid quantity") }
        let terms = try GrowwTerms(fields)
        let instrument = try GrowwFace.instrument(
            fields.text("trading_symbol"),
            fields.text("exchange"),
            fields.text("segment"),
            world
        )
        guard world.exchange.isOpen(at: call.now) else {
            throw .cannotProcess("Market is closed")
        }
        var request = OrderRequest(
            account: call.account,
            reference: reference,
            instrument: instrument,
            side: side,
            product: product,
            kind: terms.kind,
            validity: validity,
            quantity: quantity,
            price: terms.price ?? .zero,
            trigger: terms.trigger ?? .zero
        )
        call.mark(&request)
        return request
    }

    /// 8 to 20 letters and digits with two hyphens at the most; one used before is refused, whether
    /// its order can be seen or not.
    private func reference(_ world: World) throws(GrowwError) -> String {
        guard let text = fields.text("order_reference_id") else {
            throw .badRequest("order_reference_id is missing")
        }
        let hyphens = text.utf8.count { $0 == UInt8(ascii: "-") }
        let isGood =
            (8...20).contains(text.utf8.count) && hyphens <= 2
            && text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || Self.isLetterOrDigit($0) }
        guard isGood else { throw .badRequest("Invalid order_reference_id") }
        if world.exchange.order(account: call.account, reference: text) != nil {
            throw .duplicateReference
        }
        return text
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// Kind and prices of a placement or a modification; what the kind does not need is passed over,
/// be it 0.0 or null.
struct GrowwTerms {
    let kind: OrderKind
    /// Nil where the kind has none.
    let price: Rupees?
    let trigger: Rupees?

    init(_ fields: FlatObject) throws(GrowwError) {
        guard let kind = GrowwWords.kind(fields.text("order_type")) else {
            throw .badRequest("Invalid order_type")
        }
        self.kind = kind
        price = kind.isMarket ? nil : try Self.amount(fields.amount("price"), "price")
        trigger =
            kind.isStop ? try Self.amount(fields.amount("trigger_price"), "trigger_price") : nil
    }

    private static func amount(_ given: Rupees??, _ name: String) throws(GrowwError) -> Rupees {
        guard let amount = given ?? nil, amount > .zero, amount <= .greatest else {
            throw .badRequest("Invalid \(name)")
        }
        return amount
    }
}
