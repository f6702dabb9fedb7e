import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Orders in one question at the most, which every broker takes.
    private static let mostOrders = 20

    /// The orders of a body `{"orders": […]}`, as the account's broker names what they are of.
    func prospectiveOrders(
        _ request: HTTPServerRequest,
        _ account: BrokerAccount,
        _ ask: AskBroker
    ) async throws -> [ProspectiveOrder] {
        var body = try Fields(of: request)
        let items = body.value("orders")?.array ?? []
        let objects = items.compactMap(\.object)
        if !(1...Self.mostOrders).contains(items.count) || objects.count != items.count {
            body.refuse("orders", "wrong_length", "orders must be a list of 1 to 20 orders.")
        }
        try body.finish()
        var orders: [ProspectiveOrder] = []
        for object in objects { orders.append(try await order(object, account, ask)) }
        return orders
    }

    private func order(
        _ object: JSONObject,
        _ account: BrokerAccount,
        _ ask: AskBroker
    ) async throws -> ProspectiveOrder {
        var fields = Fields(object)
        let symbol = fields.text("symbol", limit: 50)
        let exchange = fields.word("exchange", ExchangeName.self, default: .nse)
        let side = fields.word("side", Side.self)
        let type = fields.word("order_type", OrderType.self, default: .limit)
        let product = fields.word("product", Product.self, default: .delivery)
        let quantity = fields.quantity("quantity")
        if !fields.has("price") {
            fields.refuse("price", "required", "price is required: what the order is reckoned at.")
        }
        let price = fields.price("price")
        let trigger = fields.price("trigger_price")
        try fields.finish()
        guard let symbol, let exchange, let side, let type, let product, let quantity, let price
        else { throw Problem.notFound }
        guard let instrument = try await ask.listing(symbol, at: exchange, of: account) else {
            throw Problem.invalid(
                "symbol",
                "not_listed",
                "\(account.broker.rawValue) does not list this instrument."
            )
        }
        return ProspectiveOrder(
            instrument: instrument,
            side: side,
            type: type,
            product: product,
            quantity: quantity,
            price: price,
            trigger: trigger
        )
    }
}
