import Desk
import Trading

/// A bulk trade's row.
struct MemoryTrade {
    let submission: Submission
    let id: TaskID
    var state: BulkTrade.State = .accepted
    var leverage: Leverage?
    var referencePrice: Price?
    let acceptedAt: Timestamp
    var plannedAt: Timestamp?
    var completedAt: Timestamp?
    /// When all messages of the plan were confirmed.
    var publishedAt: Timestamp?
    var links = TradeLinks()

    var trade: BulkTrade {
        var trade = BulkTrade(
            id: id,
            trader: submission.trader,
            terms: submission.terms,
            sizing: submission.sizing,
            clients: submission.clients,
            onDoubt: submission.onDoubt,
            state: state,
            referencePrice: referencePrice,
            acceptedAt: acceptedAt,
            plannedAt: plannedAt,
            completedAt: completedAt,
            preflight: submission.preflight,
            leverage: leverage
        )
        trade.links = links
        return trade
    }
}

/// An intent's row, with its one open attempt.
struct MemoryIntent {
    let id: IntentID
    let task: TaskID
    let client: ClientID
    let broker: BrokerName
    let account: AccountID?
    var state: OrderState
    var reason: Reason?
    var note: String?
    /// One of several orders of one client, where it was cut into slices.
    var leg: Int16 = 0
    var isSlice = false
    var quantity = Quantity.zero
    /// Kind and prices since it was changed; nil: those of its trade.
    var shape: OrderShape?
    /// The larger of both quantities while a change has not ended.
    var ceiling: Quantity?
    /// The quantity of its own, whatever its trade says.
    var ownQuantity: Quantity?
    var borrowed = Money.zero
    var sizingPrice: Price?
    var held = Money.zero
    /// Shares of a sale that are reserved and not sold yet.
    var reserved = Quantity.zero
    var filled = Quantity.zero
    var filledValue = Money.zero
    var brokerOrderID: String?
    var attempts: Int16 = 0
    var fence: Int64 = 0
    var reference = ""
    var leaseEnds: Timestamp?
    var sentAt: Timestamp?
    /// When the books last told all of it.
    var seenAt: Timestamp?
    var brokerWords: String?
    var looks = 0
    var absences = 0
    var isClaimed = false
    /// When the send was over at the latest.
    var unknownSince: Timestamp?
    var outcome: String?
    var lookedAt: Timestamp?
    var lastAnswer: String?
    var isAlerted = false
    /// References of attempts that are proven or decided not to have been placed.
    var deadReferences: [String] = []
    /// Whether another attempt would repeat one that is proven absent.
    var isResend: Bool { !deadReferences.isEmpty }
    /// Why it ends if it was never sent, where somebody wishes it cancelled.
    var cancelWish: Reason?
    /// When somebody wished so first.
    var wishedAt: Timestamp?
    /// What asking the broker for its cancel came to; nil where nobody needs to.
    var cancel: MemoryCancel?
    /// Whether it waits behind its client's sales of the same basket.
    var isHeldBack = false
    /// When the sweep shall bring it; nil: the first time by its lease or its plan's messages.
    var dueAt: Timestamp?
    var updatedAt: Timestamp

    var job: OrderJob { OrderJob(intent: id, task: task, broker: broker, account: account) }

    var intent: OrderIntent {
        OrderIntent(
            id: id,
            task: task,
            client: client,
            leg: leg,
            broker: broker,
            account: account,
            state: state,
            reason: reason,
            note: note,
            quantity: quantity,
            sizingPrice: sizingPrice,
            held: held,
            filled: filled,
            filledValue: filledValue,
            brokerOrderID: brokerOrderID,
            borrowed: borrowed
        )
    }

    /// Moves the state on; what cannot happen is a defect of whoever says so.
    mutating func apply(_ event: OrderEvent) {
        do {
            state = try state.after(event)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension MemoryState {
    /// An order's terms as its changes have left them.
    func terms(of row: MemoryIntent) -> OrderTerms? {
        let terms = trades[row.task]?.trade.terms
        return row.shape.map { terms?.reshaped($0) } ?? terms
    }

    /// Gives back all that an order holds and does not need any more.
    mutating func release(_ intent: inout MemoryIntent) {
        guard var client = clients[intent.client] else { return }
        _ = client.funds.release(intent.held)
        intent.held = .zero
        if intent.reserved > .zero, let terms = trades[intent.task]?.trade.terms {
            client.holdings[terms.shares]?.release(intent.reserved)
            intent.reserved = .zero
        }
        clients[intent.client] = client
    }

    /// Changes an intent.
    mutating func change(
        _ id: IntentID,
        now: Timestamp,
        _ body: (inout MemoryState, inout MemoryIntent) -> Void
    ) {
        guard var intent = intents[id] else { return }
        body(&self, &intent)
        intent.followWish(now: now)
        intents[id] = intent
    }

    /// What opens the account of an intent, with how its broker names the instrument.
    func session(of account: AccountID?, for instrument: InstrumentID?) -> BrokerSession? {
        guard let account else {
            return BrokerSession(
                account: nil,
                brokerClientID: "",
                token: Secret(""),
                egress: nil,
                instrument: nil
            )
        }
        guard let known = accounts[account] else { return nil }
        return BrokerSession(
            account: account,
            brokerClientID: known.account.brokerClientID,
            token: known.token,
            egress: known.account.egress,
            instrument: instrument.flatMap { instruments[$0]?.listings[known.account.broker] }
        )
    }
}
