extension OrderTerms {
    /// What the exchange or a broker would refuse, found before any client's order is made.
    ///
    /// Empty where all is well. `lastPrice`, where known, tells on which side of the market a stop
    /// order must wait.
    package func problems(_ sizing: Sizing, lastPrice: Price? = nil) -> [FieldProblem] {
        presence + levels + stopSide(lastPrice) + productProblems + sizing.problems(for: instrument)
    }

    /// Prices that are missing or too many.
    private var presence: [FieldProblem] {
        var found: [FieldProblem] = []
        if type.hasPrice, price == nil {
            found.append(.init("price", "required", "A \(type.rawValue) order needs a price."))
        }
        if !type.hasPrice, price != nil {
            found.append(
                .init("price", "not_allowed", "A \(type.rawValue) order takes no price.")
            )
        }
        if type.hasTrigger, trigger == nil {
            found.append(
                .init(
                    "trigger_price",
                    "required",
                    "A \(type.rawValue) order needs a trigger price."
                )
            )
        }
        if !type.hasTrigger, trigger != nil {
            found.append(
                .init(
                    "trigger_price",
                    "not_allowed",
                    "A \(type.rawValue) order takes no trigger price."
                )
            )
        }
        return found
    }

    /// Prices that the exchange does not take.
    private var levels: [FieldProblem] {
        [("price", price), ("trigger_price", trigger)].flatMap { field, level in
            level.map { instrument.problems(of: $0, in: field) } ?? []
        }
    }

    /// Stop orders that would be triggered at once, or whose limit lies before their trigger.
    ///
    /// A BUY stop waits above the market and its limit is not below its trigger; a SELL mirrors it.
    private func stopSide(_ lastPrice: Price?) -> [FieldProblem] {
        guard type.hasTrigger, let trigger else { return [] }
        var found: [FieldProblem] = []
        if type.hasPrice, let price, side == .buy ? price < trigger : price > trigger {
            let word = side == .buy ? "below" : "above"
            found.append(
                .init(
                    "price",
                    "wrong_side_of_trigger",
                    "The price of a \(side.rawValue) stop order must not be \(word) its trigger."
                )
            )
        }
        if let lastPrice, side == .buy ? trigger <= lastPrice : trigger >= lastPrice {
            let word = side == .buy ? "above" : "below"
            found.append(
                .init(
                    "trigger_price",
                    "already_reached",
                    "The trigger of a \(side.rawValue) stop order must be \(word) the last price,"
                        + " \(lastPrice)."
                )
            )
        }
        return found
    }

    /// Every instrument here is a share so far.
    private var productProblems: [FieldProblem] {
        guard product == .carryForward else { return [] }
        return [
            .init(
                "product",
                "not_for_shares",
                "NRML is for futures and options; \(instrument.symbol) is a share."
            )
        ]
    }
}

extension Instrument {
    fileprivate func problems(of level: Price, in field: String) -> [FieldProblem] {
        guard level.raw > 0, level <= Price.limit else {
            return [
                .init(field, "out_of_range", "A price is above 0 and at most \(Price.limit).")
            ]
        }
        var found: [FieldProblem] = []
        if !level.isMultiple(of: tick) {
            found.append(
                .init(field, "not_a_multiple_of_tick", "The price must be a multiple of \(tick).")
            )
        }
        if let lowerCircuit, level < lowerCircuit {
            found.append(
                .init(
                    field,
                    "below_lower_circuit",
                    "No order below \(lowerCircuit) is taken today."
                )
            )
        }
        if let upperCircuit, level > upperCircuit {
            found.append(
                .init(
                    field,
                    "above_upper_circuit",
                    "No order above \(upperCircuit) is taken today."
                )
            )
        }
        return found
    }
}

extension Sizing {
    /// What is wrong with the size asked for, whoever the client.
    fileprivate func problems(for instrument: Instrument) -> [FieldProblem] {
        switch self {
        case .part(let part): problems(of: part)
        case .quantityWithin(let quantity, let part):
            instrument.problems(of: quantity) + (part.map(problems(of:)) ?? [])
        case .quantity(let quantity):
            instrument.problems(of: quantity) + freezeProblems(quantity, instrument)
        case .amount(let amount):
            amount > .zero && amount <= Money.limit
                ? []
                : [
                    .init(
                        "amount",
                        "out_of_range",
                        "The amount is above 0 and at most \(Money.limit)."
                    )
                ]
        // Quantities of orders that were there before.
        case .listed: []
        }
    }

    private func problems(of part: BasisPoints) -> [FieldProblem] {
        part.raw > 0 && part <= .whole
            ? [] : [.init("part", "out_of_range", "The part is above 0 and at most 100 percent.")]
    }

    /// More than all slices together can take.
    private func freezeProblems(_ quantity: Quantity, _ instrument: Instrument) -> [FieldProblem] {
        let freeze = instrument.freezeQuantity
        guard let freeze,
            OrderSlices.cut(quantity, freeze: freeze, lot: instrument.lot) == nil
        else { return [] }
        return [
            .init(
                "quantity",
                "above_freeze_quantity",
                "The exchange takes at most \(freeze) in one order, and \(OrderSlices.most) orders "
                    + "are made of one at most."
            )
        ]
    }
}

extension Instrument {
    /// What is wrong with a quantity, in however many orders.
    func problems(of quantity: Quantity) -> [FieldProblem] {
        guard quantity > .zero, quantity <= Quantity.limit else {
            return [
                .init(
                    "quantity",
                    "out_of_range",
                    "The quantity is at least 1 and at most \(Quantity.limit)."
                )
            ]
        }
        guard quantity.wholeLots(of: lot) == quantity else {
            return [
                .init(
                    "quantity",
                    "not_a_multiple_of_lot",
                    "The quantity must be a multiple of the lot, \(lot)."
                )
            ]
        }
        return []
    }

    /// What is wrong with a quantity that is to be one order.
    func problems(ofOneOrder quantity: Quantity) -> [FieldProblem] {
        guard let freezeQuantity, quantity > freezeQuantity else { return [] }
        return [
            .init(
                "quantity",
                "above_freeze_quantity",
                "The exchange takes at most \(freezeQuantity) in one order."
            )
        ]
    }
}
