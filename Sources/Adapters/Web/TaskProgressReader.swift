import Desk
import JSON
import Secrets
import Synchronization
import Trading

/// How far tasks have come, for any number of pollers: one query answers all that ask within a moment.
///
/// The answer is shared between processes through the board, and within one by the copy here.
final class TaskProgressReader: Sendable {
    /// A status as it is sent.
    struct Copy: Sendable {
        let body: [UInt8]
        let tag: String
        let state: BulkTrade.State
    }
    private let trades: any TradeStore
    private let board: any ProgressBoard
    private let known = Mutex<[TaskID: BulkTrade]>([:])
    private let copies = RefreshedCopies<TaskID, Copy>(limit: limit)
    /// How old an answer may be: this, or so many times what it costs to make; at half that age it
    /// is made anew if somebody asks.
    private static let age: Duration = .milliseconds(200)
    private static let costs = 20
    private static let limit = 2_000

    init(trades: any TradeStore, board: any ProgressBoard) {
        self.trades = trades
        self.board = board
    }

    /// The trade as it was asked for; its state may be behind.
    func trade(_ id: TaskID) async throws -> BulkTrade? {
        if let trade = known.withLock({ $0[id] }) { return trade }
        guard let trade = try await trades.trade(id) else { return nil }
        remember(trade)
        return trade
    }

    private func remember(_ trade: BulkTrade) {
        known.withLock { known in
            if known.count >= Self.limit { known = [:] }
            known[trade.id] = trade
        }
    }

    /// The bell of a task.
    func bells(_ task: TaskID) -> AsyncStream<Void> { board.bells(task) }

    /// The status now, at most a fifth of a second old, or twenty times what reading it takes.
    func status(of trade: BulkTrade) async throws -> Copy {
        try await copies.value(trade.id) { [self] in
            // One answer serves all who may see the trade, so it must not depend on who asks first.
            try await Viewer.forAll { try await read(trade) }
        }
    }

    private func read(_ trade: BulkTrade) async throws -> RefreshedCopies<TaskID, Copy>.Reading {
        let started = ContinuousClock.now
        guard let progress = try await trades.progress(trade.id) else { throw Problem.notFound }
        let cost = started.duration(to: .now)
        // The counts moved on from what is remembered of the trade: its times have to be read anew.
        let current =
            progress.state == trade.state ? trade : try await trades.trade(trade.id) ?? trade
        remember(current)
        return .init(
            value: Self.copy(of: current, progress),
            age: max(Self.age, cost * Self.costs)
        )
    }

    private static func copy(of trade: BulkTrade, _ progress: TaskProgress) -> Copy {
        var body = JSONWriter(capacity: 1_024)
        body.beginObject()
        body.tradeFields(trade)
        body.key("counts")
        body.beginObject()
        body.field("total", progress.total)
        for outcome in OrderState.Outcome.allCases {
            body.field(outcome.rawValue, progress.count(outcome))
        }
        body.endObject()
        body.key("states")
        body.beginObject()
        for state in OrderState.allCases {
            if let count = progress.counts[state], count > 0 {
                body.field(state.rawValue, count)
            }
        }
        body.endObject()
        body.field("filled_quantity", progress.filledQuantity)
        body.field("filled_value", progress.filledValue.rupees)
        body.endObject()
        let hash = Tokens.base64URL(Array(Tokens.sha256(body.bytes).prefix(12)))
        return Copy(
            body: body.bytes,
            tag: "\"\(hash)\"",
            state: progress.state
        )
    }
}
