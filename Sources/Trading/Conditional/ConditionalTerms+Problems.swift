extension ConditionalTerms {
    /// What no broker could do; empty where all is well.
    ///
    /// `lastPrice`, where known, tells whether a trigger is reached already.
    package func problems(lastPrice: Price? = nil) -> [FieldProblem] {
        quantityProblems + prices.flatMap { levelProblems($1, $0) } + orderProblems
            + (lastPrice.map(reached) ?? [])
    }

    /// Every price with its field.
    private var prices: [(String, Price)] {
        func fields(_ name: String, _ leg: TriggeredLeg) -> [(String, Price)] {
            [(name + ".trigger_price", leg.trigger)]
                + (leg.price.map { [(name + ".price", $0)] } ?? [])
        }
        switch condition {
        case .single(_, let leg):
            return [("trigger_price", leg.trigger)] + (leg.price.map { [("price", $0)] } ?? [])
        case .oneCancelsOther(let target, let stop):
            return fields("target", target) + fields("stop", stop)
        case .bracket(let entry, let target, let stop, _):
            return (entry.map { [("price", $0)] } ?? []) + fields("target", target)
                + fields("stop", stop)
        }
    }

    private var quantityProblems: [FieldProblem] {
        let problems = instrument.problems(of: quantity)
        return problems.isEmpty ? instrument.problems(ofOneOrder: quantity) : problems
    }

    /// A trigger may lie beyond today's circuit: it may wait for another day.
    private func levelProblems(_ level: Price, _ field: String) -> [FieldProblem] {
        guard level.raw > 0, level <= Price.limit else {
            return [.init(field, "out_of_range", "A price is above 0 and at most \(Price.limit).")]
        }
        guard level.isMultiple(of: instrument.tick) else {
            return [
                .init(
                    field,
                    "not_a_multiple_of_tick",
                    "The price must be a multiple of \(instrument.tick)."
                )
            ]
        }
        return []
    }

    /// Target, entry and stop must lie in the order that makes them what they are.
    private var orderProblems: [FieldProblem] {
        guard let exitSide else { return [] }
        switch condition {
        case .single: return []
        case .oneCancelsOther(let target, let stop):
            return exitProblems(exitSide, target, stop, entry: nil)
        case .bracket(let entry, let target, let stop, let trail):
            return exitProblems(exitSide, target, stop, entry: entry)
                + (trail.map { trailProblems($0, target, stop) } ?? [])
        }
    }

    private func exitProblems(
        _ exitSide: Side,
        _ target: TriggeredLeg,
        _ stop: TriggeredLeg,
        entry: Price?
    ) -> [FieldProblem] {
        let sells = exitSide == .sell
        let better = sells ? "above" : "below"
        func isBetter(_ first: Price, _ second: Price) -> Bool {
            sells ? first > second : first < second
        }
        var found: [FieldProblem] = []
        if !isBetter(target.trigger, stop.trigger) {
            found.append(
                .init("target.trigger_price", "wrong_side", "The target is \(better) the stop.")
            )
        }
        if let entry, !isBetter(target.trigger, entry) {
            found.append(
                .init("target.trigger_price", "wrong_side", "The target is \(better) the entry.")
            )
        }
        if let entry, !isBetter(entry, stop.trigger) {
            found.append(
                .init("stop.trigger_price", "wrong_side", "The entry is \(better) the stop.")
            )
        }
        if let price = stop.price, isBetter(price, stop.trigger) {
            found.append(
                .init(
                    "stop.price",
                    "wrong_side_of_trigger",
                    "The stop's limit must not be \(better) its trigger: it would not be filled."
                )
            )
        }
        return found
    }

    private func trailProblems(_ trail: Price, _ target: TriggeredLeg, _ stop: TriggeredLeg)
        -> [FieldProblem]
    {
        let distance = abs(target.trigger.raw - stop.trigger.raw)
        guard trail.raw > 0, trail.raw < distance, trail.isMultiple(of: instrument.tick) else {
            return [
                .init(
                    "stop.trail",
                    "out_of_range",
                    "The trail is a multiple of \(instrument.tick), and smaller than the way from"
                        + " the stop to the target."
                )
            ]
        }
        return []
    }

    /// A trigger that is reached already fires at once, which is not what it is for.
    private func reached(_ last: Price) -> [FieldProblem] {
        func problem(_ field: String) -> FieldProblem {
            .init(field, "already_reached", "The last price, \(last), has reached it already.")
        }
        switch condition {
        case .single(.rises, let leg): return leg.trigger <= last ? [problem("trigger_price")] : []
        case .single(.falls, let leg): return leg.trigger >= last ? [problem("trigger_price")] : []
        case .oneCancelsOther(let target, let stop):
            let sells = side == .sell
            let hit = sells ? target.trigger <= last : target.trigger >= last
            let stopped = sells ? stop.trigger >= last : stop.trigger <= last
            return (hit ? [problem("target.trigger_price")] : [])
                + (stopped ? [problem("stop.trigger_price")] : [])
        case .bracket(let entry, _, let stop, _):
            guard entry == nil else { return [] }
            let stopped = side == .buy ? stop.trigger >= last : stop.trigger <= last
            return stopped ? [problem("stop.trigger_price")] : []
        }
    }
}
