import Desk
import Postgres
import Trading

extension OrderTerms {
    /// The columns that `init(reading:)` reads, of `bulk_task t` and `instrument n`.
    static let columns = """
        t.side, t.order_type, t.product, t.validity, t.price, t.trigger_price,
        n.id, n.exchange, n.symbol, n.name, n.isin, n.lot, n.tick, n.freeze_quantity,
        n.lower_circuit, n.upper_circuit
        """

    /// The same of an order `i`, as its changes have left it.
    static let liveColumns = """
        t.side, coalesce(i.order_type, t.order_type), t.product, t.validity,
        CASE WHEN i.order_type IS NULL THEN t.price ELSE i.price END,
        CASE WHEN i.order_type IS NULL THEN t.trigger_price ELSE i.trigger_price END,
        n.id, n.exchange, n.symbol, n.name, n.isin, n.lot, n.tick, n.freeze_quantity,
        n.lower_circuit, n.upper_circuit
        """

    init(reading columns: inout Columns) throws(StoreFailure) {
        let side: Side = try columns.word()
        let type: OrderType = try columns.word()
        let product: Product = try columns.word()
        let validity: Validity = try columns.word()
        let price = columns.optionalPrice()
        let trigger = columns.optionalPrice()
        self.init(
            instrument: Instrument(
                id: columns.id(),
                exchange: try columns.word(),
                symbol: columns.text(),
                name: columns.text(),
                isin: columns.optionalText(),
                lot: columns.quantity(),
                tick: columns.price(),
                freezeQuantity: columns.optionalInt().map { Quantity($0) },
                lowerCircuit: columns.optionalPrice(),
                upperCircuit: columns.optionalPrice()
            ),
            side: side,
            type: type,
            product: product,
            validity: validity,
            price: price,
            trigger: trigger
        )
    }
}
