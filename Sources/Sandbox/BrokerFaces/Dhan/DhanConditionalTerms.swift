import Exchange

/// What super and forever orders say alike: who, what, how many.
struct DhanConditionalTerms {
    let side: Side
    let product: Product
    let instrument: Int
    let quantity: Int64
    let reference: String?

    init(_ call: FaceCall, _ world: World) throws(DhanError) {
        guard let fields = call.fields, let client = fields.text("dhanClientId"),
            let side = DhanWords.side(fields.text("transactionType")),
            let product = DhanWords.product(fields.text("productType")),
            let quantity = fields.whole("quantity") ?? nil, (1...100_000_000).contains(quantity)
        else { throw .badInput }
        if client != world.clients[call.account].client { throw .authentication }
        let reference = fields.text("correlationId")
        guard (reference?.utf8.count ?? 0) <= 30 else { throw .badInput }
        if world.clients[call.account].isKilled {
            throw .order("Kill Switch is activated, orders are not allowed")
        }
        self.side = side
        self.product = product
        self.quantity = quantity
        self.reference = reference
        instrument = try DhanFace.instrument(fields, world)
    }
}
