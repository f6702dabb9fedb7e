package import Trading

/// Compares our books with the brokers', account by account, mends what a look would mend, and
/// keeps what remains as a difference with both sides' numbers.
///
/// 1. One call brings an account's whole book; accounts are asked in a slow stream, so that orders
///    always come first.
/// 2. Nothing is sent, changed or cancelled at a broker from here; orders that others placed are
///    counted and left alone.
/// 3. Both sides change while they are read: a contradiction counts only where a second comparison,
///    after what could be mended was, finds it again.
/// 4. An account that cannot be asked keeps the differences that it had.
/// 5. An order of an earlier day of which no book can tell is no longer on the move. Where the broker
///    holds exactly the shares that we do, it has filled nothing more, and ends.
package struct ReconcileAccounts: Sendable {
    let orders: any OrderStore
    let drifts: any DriftStore
    let accounts: any AccountStore
    let brokers: Brokers
    let queue: any OrderQueue
    let complete: CompleteTrades
    let clock: any WallClock
    let pace: ReconcilePace

    package init(
        orders: any OrderStore,
        drifts: any DriftStore,
        accounts: any AccountStore,
        brokers: Brokers,
        queue: any OrderQueue,
        complete: CompleteTrades,
        clock: any WallClock,
        pace: ReconcilePace = ReconcilePace()
    ) {
        self.orders = orders
        self.drifts = drifts
        self.accounts = accounts
        self.brokers = brokers
        self.queue = queue
        self.complete = complete
        self.clock = clock
        self.pace = pace
    }

    /// One pass over all accounts; `tell` hears of new differences as they are found.
    package func callAsFunction(_ tell: @escaping @Sendable (ComparedAccount, Drift) -> Void)
        async throws -> ReconcileSummary
    {
        let today = CalendarDay(containing: clock.now()).time(0, 0)
        let all = try await drifts.accountsToCompare(since: today)
        return try await withThrowingTaskGroup(of: ReconcileSummary.self) { group in
            var rest = all[...]
            var summary = ReconcileSummary()
            for account in rest.prefix(pace.atOnce) {
                group.addTask { try await slowly(account, since: today, tell) }
            }
            rest = rest.dropFirst(pace.atOnce)
            while let one = try await group.next() {
                summary.add(one)
                guard let next = rest.popFirst() else { continue }
                group.addTask { try await slowly(next, since: today, tell) }
            }
            return summary
        }
    }

    private func slowly(
        _ account: ComparedAccount,
        since: Timestamp,
        _ tell: @Sendable (ComparedAccount, Drift) -> Void
    ) async throws -> ReconcileSummary {
        let summary = try await one(account, since: since, tell)
        // Our own books tell by their slowness how busy the database is; a broker tells nothing.
        try await clock.sleep(for: FairRest.after(summary.reading, atLeast: pace.pause))
        return summary
    }

    private func one(
        _ account: ComparedAccount,
        since: Timestamp,
        _ tell: @Sendable (ComparedAccount, Drift) -> Void
    ) async throws -> ReconcileSummary {
        var summary = ReconcileSummary()
        guard let broker = brokers[account.broker],
            let session = try await accounts.session(account.account)
        else {
            summary.unasked = 1
            return summary
        }
        do {
            let lasting = try await compare(account, broker, session, since, &summary)
            for drift in try await drifts.store(lasting, of: account) { tell(account, drift) }
            summary.compared = 1
        } catch BrokerFailure.sessionEnded {
            try await accounts.markExpired([session])
            summary.unasked = 1
        } catch is BrokerFailure {
            summary.unasked = 1
        }
        return summary
    }

    /// The differences that a second comparison finds again.
    private func compare(
        _ account: ComparedAccount,
        _ broker: any Broker,
        _ session: BrokerSession,
        _ since: Timestamp,
        _ summary: inout ReconcileSummary
    ) async throws -> [Drift] {
        let first = try await look(account, broker, session, since)
        try await end(first.unfilled)
        summary.reading = first.reading
        let isQuiet = !first.drifts.contains(where: \.kind.isContradiction)
        guard !isQuiet || !first.books.found.isEmpty else {
            summary.externals = first.books.externals
            return first.drifts
        }
        try await mend(first, account, broker, session)
        let second = try await look(account, broker, session, since)
        summary.externals = second.books.externals
        let seen = Set(first.drifts.map(Name.init))
        let lasting = second.drifts.filter {
            !$0.kind.isContradiction || seen.contains(Name($0))
        }
        let open = Set(lasting.map(Name.init))
        summary.mended = first.drifts.count { $0.kind.isContradiction && !open.contains(Name($0)) }
        return lasting
    }

    /// What names a difference within its account.
    private struct Name: Hashable {
        let kind: DriftKind
        let subject: String

        init(_ drift: Drift) {
            kind = drift.kind
            subject = drift.subject
        }
    }

    private struct Look: Sendable {
        let ours: OurBook
        let books: BookComparison
        let drifts: [Drift]
        /// What reading ours took.
        let reading: Duration
        /// Orders of earlier days that have provably filled nothing more.
        var unfilled: [OurAttempt] = []
    }

    private func end(_ unfilled: [OurAttempt]) async throws {
        guard !unfilled.isEmpty else { return }
        // Before the market opens a broker may still show the holdings of the day before.
        let now = clock.now()
        let opening = MarketCalendar.usualOpening(on: CalendarDay(containing: now))
        guard now >= opening else { return }
        let booked = unfilled.map { attempt in
            BookedOrder(
                intent: attempt.intent,
                report: OrderReport(
                    brokerOrderID: attempt.brokerOrderID ?? "",
                    reference: attempt.reference,
                    status: .expired,
                    quantity: attempt.quantity,
                    filled: attempt.filled,
                    message: "the broker holds the shares that were known: nothing more was filled"
                ),
                trades: []
            )
        }
        try await orders.apply(booked)
        await complete(Set(unfilled.map(\.task)))
    }

    /// One comparison: ours first, so that what differs by time alone is newer at the broker.
    private func look(
        _ account: ComparedAccount,
        _ broker: any Broker,
        _ session: BrokerSession,
        _ since: Timestamp
    ) async throws -> Look {
        let began = clock.now()
        let ours = try await drifts.ourBook(of: account, since: since)
        let reading = began.duration(to: clock.now())
        let theirs = try await broker.orders(session)
        let books = BookComparison(
            ours: ours.attempts,
            theirs: theirs,
            mark: ours.mark,
            lag: broker.traits.visibilityLag
        )
        // While an order may fill, the shares and the cash on both sides are on the move.
        guard ours.attempts.allSatisfy({ $0.isDead || $0.state.isFinal || $0.untold != nil }) else {
            return Look(ours: ours, books: books, drifts: books.drifts, reading: reading)
        }
        let short = try await compareCash(ours, broker, session)
        let mayTell = ours.attempts.contains { $0.untold?.symbol != nil }
        guard let shares = ours.shares, !shares.isEmpty || mayTell else {
            return Look(ours: ours, books: books, drifts: books.drifts + short, reading: reading)
        }
        var held: [String: Int64] = [:]
        for holding in try await broker.holdings(session) {
            held[holding.symbol, default: 0] += holding.quantity.raw
        }
        for position in try await broker.positions(session) {
            held[position.symbol, default: 0] += position.netQuantity
        }
        let missing = ShareComparison.drifts(ours: shares, theirs: held)
        return Look(
            ours: ours,
            books: books,
            drifts: books.drifts + missing + short,
            reading: reading,
            unfilled: ShareComparison.unfilled(ours.attempts, shares: shares, theirs: held)
        )
    }

    private func compareCash(
        _ ours: OurBook,
        _ broker: any Broker,
        _ session: BrokerSession
    ) async throws -> [Drift] {
        guard let cash = ours.cash, cash > .zero, broker.traits.abilities.contains(.funds) else {
            return []
        }
        let theirs = try await broker.funds(session)
        return CashComparison.drift(ours: cash, theirs: theirs.available).map { [$0] } ?? []
    }

    /// Books what the broker's book tells of our orders, as a look would; doubts go their own way.
    private func mend(
        _ look: Look,
        _ account: ComparedAccount,
        _ broker: any Broker,
        _ session: BrokerSession
    ) async throws {
        let tasks = Dictionary(look.ours.attempts.map { ($0.intent, $0.task) }) { $1 }
        if !look.books.news.isEmpty {
            let trades = try await broker.trades(session)
            let booked = look.books.news.map { intent, report in
                BookedOrder(
                    intent: intent,
                    report: report,
                    trades: trades.filter { $0.brokerOrderID == report.brokerOrderID }
                )
            }
            try await orders.apply(booked)
            await complete(Set(look.books.news.compactMap { tasks[$0.intent] }))
        }
        let doubts = look.books.found.compactMap { intent in
            tasks[intent].map { task in
                OrderJob(
                    intent: intent,
                    task: task,
                    broker: account.broker,
                    account: account.account
                )
            }
        }
        // What the queue does not take now is due by its own schedule.
        if !doubts.isEmpty { _ = await queue.publish(doubts.map(QueueMessage.doubt)) }
    }
}

/// How slowly accounts are asked: orders and looks come first.
package struct ReconcilePace: Sendable {
    /// Accounts that are asked at once.
    package var atOnce = 16
    /// The rest after each account; longer while our own database is busy.
    package var pause: Duration = .milliseconds(200)

    package init() {}
}

/// What one pass found.
package struct ReconcileSummary: Sendable, Equatable {
    /// What reading our own books took, of one account.
    fileprivate var reading: Duration = .zero
    /// Accounts whose broker answered in full.
    package var compared = 0
    /// Accounts that could not be asked.
    package var unasked = 0
    /// Differences that a look could mend.
    package var mended = 0
    /// Orders of the day at the brokers that are none of ours.
    package var externals = 0

    package init() {}

    fileprivate mutating func add(_ other: ReconcileSummary) {
        compared += other.compared
        unasked += other.unasked
        mended += other.mended
        externals += other.externals
    }
}
