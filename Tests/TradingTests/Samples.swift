import Testing
import Trading

/// Rupees for tests.
func rupees(_ text: String) throws -> Money { try #require(Money(rupees: text)) }
/// A price for tests.
func price(_ text: String) throws -> Price { try #require(Price(rupees: text)) }
/// A percentage for tests.
func percent(_ text: String) throws -> BasisPoints { try #require(BasisPoints(percent: text)) }

/// A share with the usual rules, changed where a test needs it.
func share(
    lot: Int64 = 1,
    tick: String = "0.05",
    freeze: Int64? = nil,
    lower: String? = nil,
    upper: String? = nil
) throws -> Instrument {
    Instrument(
        id: InstrumentID(1),
        exchange: .nse,
        symbol: "RELIANCE",
        name: "Reliance Industries",
        isin: "INE002A01018",
        lot: Quantity(lot),
        tick: try price(tick),
        freezeQuantity: freeze.map { Quantity($0) },
        lowerCircuit: try lower.map { try price($0) },
        upperCircuit: try upper.map { try price($0) }
    )
}

/// Terms of an order for tests.
func terms(
    _ side: Side,
    _ type: OrderType = .market,
    of instrument: Instrument,
    product: Product = .delivery,
    price level: String? = nil,
    trigger: String? = nil
) throws -> OrderTerms {
    OrderTerms(
        instrument: instrument,
        side: side,
        type: type,
        product: product,
        validity: .day,
        price: try level.map { try price($0) },
        trigger: try trigger.map { try price($0) }
    )
}
