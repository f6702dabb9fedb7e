import Desk
import Fuzzing
import PostgresStore
import Trading

/// Money, trades, and the workers that send their orders.
extension StoryWorld {
    func pay(_ chance: inout FuzzRandom, key: String) async throws {
        let client = chance.pick(clients)
        let kind = chance.pick(CashKind.allCases)
        let amount = Int64(1 + chance.below(2_000_000))
        let order = CashOrder(
            kind: kind,
            client: client,
            amount: Money(paise: amount),
            note: nil,
            user: desk.user,
            address: nil,
            idempotencyKey: key,
            bodyHash: [1]
        )
        let store = PostgresFundsStore(pool: desk.pool)
        let isDoubled = chance.chance(20)
        async let again = isDoubled ? store.move(order) : nil
        for moved in try await [store.move(order), again] {
            guard case .done = moved else { continue }
            with { $0.paid[client, default: 0] += kind == .deposit ? amount : -amount }
        }
    }

    func trade(_ chance: inout FuzzRandom, key: String) async throws {
        let price = Price(raw: 10_000_000 + Int64(chance.below(20_000)) * 500)
        let isLimit = chance.chance(65)
        let terms = OrderTerms(
            instrument: chance.pick(shares),
            side: chance.chance(60) ? .buy : .sell,
            type: isLimit ? .limit : .market,
            product: chance.pick(
                isCalm ? [.delivery, .intraday] : [.delivery, .intraday, .marginFunding]
            ),
            validity: .day,
            price: isLimit ? price : nil,
            trigger: nil
        )
        let sizing: Sizing =
            switch chance.below(6) {
            case 0: .part(BasisPoints(Int32(1_000 * (1 + chance.below(10)))))
            case 1: .quantityWithin(Quantity(Int64(1 + chance.below(20))), part: nil)
            case 2: .amount(Money(paise: Int64(100_000 + chance.below(2_000_000))))
            default: .quantity(Quantity(Int64(1 + chance.below(16))))
            }
        let chosen = clients.filter { _ in chance.chance(60) }
        let asked = desk.submission(
            key: key,
            terms: terms,
            sizing: sizing,
            clients: chosen.isEmpty ? .all : .named(chosen)
        )
        guard case .created(let trade) = try await desk.trades.submit(asked) else {
            throw Unexpected("\(key) was not created")
        }
        let trades = desk.trades
        let isDoubled = chance.chance(15)
        async let twin =
            isDoubled
            ? trades.plan(trade.id, referencePrice: price, marketOpen: true) : []
        let jobs = try await trades.plan(trade.id, referencePrice: price, marketOpen: true)
        let repeated = try await twin
        guard let planned = try await trades.trade(trade.id) else {
            throw Unexpected("\(key) is gone")
        }
        with { hands in
            hands.trades[trade.id] = planned
            hands.ready += jobs + repeated
        }
    }

    func claim(_ chance: inout FuzzRandom) async throws {
        let isOver = chance.chance(30)
        let jobs = with { hands in
            hands.some(\.ready, 8, &chance, keeping: 25)
        }
        let obstacle: Reason? = chance.chance(4) ? .marketClosed : nil
        let shift = Int64(chance.below(60)) * 500
        try await send(jobs, jobs.map { _ in Fate.draw(&chance) }, obstacle, shift, isOver: isOver)
    }

    /// Claims orders and sends them to their fates; with a lease that is over at once, or is not.
    func send(
        _ jobs: [OrderJob],
        _ fates: [Fate],
        _ obstacle: Reason? = nil,
        _ shift: Int64 = 0,
        isOver: Bool = false
    ) async throws {
        guard !jobs.isEmpty else { return }
        let trades = with(\.trades)
        let requests = try jobs.map { job in
            guard let trade = trades[job.task], let last = trade.referencePrice else {
                throw Unexpected("order \(job.intent) has no trade")
            }
            let price = trade.terms.price ?? Price(raw: last.raw + shift)
            return ClaimRequest(job: job, trade: trade, price: price, obstacle: obstacle)
        }
        let lease = Lease(worker: isOver ? "slow" : "quick", duration: .seconds(isOver ? 0 : 600))
        let claims = try await desk.orders.claim(requests, lease: lease)
        with { hands in
            for ((claim, job), fate) in zip(zip(claims, jobs), fates) {
                switch claim {
                case .send(let attempt):
                    hands.fates[attempt.reference] = fate
                    if fate.isPlaced, let wrong = hands.broker.place(attempt) {
                        hands.complaints.append(wrong)
                    }
                    hands.sent.append(attempt)
                    hands.claimed.append(job)
                    hands.ready += attempt.slices
                case .inDoubt: hands.claimed.append(job)
                case .declined, .settled: break
                }
            }
        }
    }

    func answer(_ chance: inout FuzzRandom) async throws {
        let attempts = with { hands in
            hands.some(\.sent, 6, &chance, keeping: 15)
        }
        try await answer(attempts)
    }

    /// Writes down what the broker answered to these; none may be taken twice, or after a takeover.
    func answer(_ attempts: [Attempt]) async throws {
        guard !attempts.isEmpty else { return }
        let (fates, abandoned) = with { ($0.fates, $0.abandoned) }
        let outcomes = try attempts.map { attempt in
            guard let fate = fates[attempt.reference] else { throw Unexpected("no fate") }
            return AttemptOutcome(attempt: attempt, answer: fate.answer(attempt))
        }
        let taken = try await desk.orders.record(outcomes)
        with { hands in
            for attempt in zip(attempts, taken).filter(\.1).map(\.0) {
                let name = attempt.reference
                if !hands.answered.insert(name).inserted {
                    hands.complaints.append("the answer to \(name) was taken twice")
                }
                if abandoned.contains(name) {
                    hands.complaints.append("the answer to \(name) was taken after its takeover")
                }
                if fates[name] == .notSent { hands.ready.append(attempt.job) }
            }
        }
    }

    func takeOver(_ chance: inout FuzzRandom) async throws {
        let jobs = with { hands in
            hands.some(\.claimed, 8, &chance, keeping: 40)
        }
        let doubts = try await desk.orders.doubts(jobs.map(\.intent))
        let findings = doubts.map { doubt in
            let (roll, resends) = (chance.below(100), chance.chance(50))
            return with { hands in
                hands.abandoned.insert(doubt.reference)
                return hands.finding(doubt, isSure: roll < 75, resends: resends)
            }
        }
        let again = chance.chance(20) ? findings : []
        let orders = desk.orders
        async let twin: Void = orders.resolve(again)
        try await orders.resolve(findings)
        try await twin
        with { hands in hands.follow(findings) }
    }
}

extension StoryWorld.Hands {
    /// What a look for an order in doubt finds; only who has sent can know what became of it.
    func finding(_ doubt: Doubt, isSure: Bool, resends: Bool) -> DoubtFinding {
        let result: DoubtFinding.Result
        if !isSure || fates[doubt.reference] == nil {
            result = .stillUnknown(lookAgainIn: .zero)
        } else if let books = broker.books(doubt.job.intent) {
            result = .found(books.report)
        } else {
            result = .absentProven(resends ? .resend : .end(.provenNotPlaced))
        }
        return DoubtFinding(doubt: doubt, result: result, answer: "the books say so")
    }

    mutating func follow(_ findings: [DoubtFinding]) {
        for finding in findings {
            switch finding.result {
            case .absentProven(.resend): ready.append(finding.doubt.job)
            case .stillUnknown: claimed.append(finding.doubt.job)
            case .absentProven(.end), .found: break
            }
        }
    }
}
