import Exchange

/// The faults that are set, drawn from the sandbox's seed.
struct FaultPlan: Sendable {
    /// What hits one call: any delays, and at most one rule each for booking and answer.
    struct Draw: Sendable {
        var booking: FaultRule?
        var answer: FaultRule?
        var delayMilliseconds: Int64 = 0
    }

    private(set) var rules: [FaultRule] = []
    private var chance: RandomStream
    private var lastID = 0

    init(seed: UInt64) {
        chance = RandomStream(seed: seed, stream: 0xFA17)
    }

    /// Adds a rule and gives its id.
    mutating func add(_ make: (_ id: Int) -> FaultRule) -> Int {
        lastID += 1
        rules.append(make(lastID))
        return lastID
    }

    mutating func removeAll() {
        rules.removeAll()
    }

    /// Whether there was such a rule.
    mutating func remove(_ id: Int) -> Bool {
        let before = rules.count
        rules.removeAll { $0.id == id }
        return rules.count < before
    }

    /// Draws the rules in the order they were set; each that matches takes one draw of chance.
    mutating func draw(for call: FaultedCall) -> Draw {
        var result = Draw()
        for index in rules.indices where rules[index].matches(call) {
            let part = rules[index].kind.part
            let isTaken =
                switch part {
                case .time: false
                case .booking: result.booking != nil
                case .answer: result.answer != nil
                }
            guard !isTaken, chance.below(100) < rules[index].probabilityPercent else { continue }
            rules[index].drawn += 1
            rules[index].timesLeft = rules[index].timesLeft.map { $0 - 1 }
            switch part {
            case .time: result.delayMilliseconds += rules[index].milliseconds ?? 1_000
            case .booking: result.booking = rules[index]
            case .answer: result.answer = rules[index]
            }
        }
        return result
    }
}
