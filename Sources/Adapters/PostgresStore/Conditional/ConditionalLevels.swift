import Desk
import Postgres
import Trading

/// The numbers of a conditional order, as one array holds them.
enum ConditionalLevels {
    static func of(_ terms: ConditionalTerms) -> [Int64] {
        var entry: Price?
        var trail: Price?
        if case .bracket(let price, _, _, let gap) = terms.condition {
            (entry, trail) = (price, gap)
        }
        let legs = terms.condition.legs
        let second = legs.count > 1 ? legs[1] : nil
        return [
            terms.quantity.raw, entry?.raw ?? 0, legs[0].trigger.raw, legs[0].price?.raw ?? 0,
            second?.trigger.raw ?? 0, second?.price?.raw ?? 0, trail?.raw ?? 0,
        ]
    }

    static func terms(
        _ levels: [Int64],
        instrument: Instrument,
        kind: ConditionalKind,
        side: Side,
        product: Product,
        direction: TriggerDirection?
    ) -> ConditionalTerms {
        func price(_ place: Int) -> Price? { levels[place] == 0 ? nil : Price(raw: levels[place]) }
        func leg(_ place: Int) -> TriggeredLeg {
            TriggeredLeg(trigger: Price(raw: levels[place]), price: price(place + 1))
        }
        let condition: Condition =
            switch kind {
            case .single: .single(direction ?? .rises, leg(2))
            case .oneCancelsOther: .oneCancelsOther(target: leg(2), stop: leg(4))
            case .bracket:
                .bracket(entry: price(1), target: leg(2), stop: leg(4), trail: price(6))
            }
        return ConditionalTerms(
            instrument: instrument,
            side: side,
            product: product,
            quantity: Quantity(levels[0]),
            condition: condition
        )
    }
}

extension ConditionalTerms {
    var direction: TriggerDirection? {
        if case .single(let direction, _) = condition { direction } else { nil }
    }
}
