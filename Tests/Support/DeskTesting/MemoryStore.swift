package import Desk
import Synchronization
import Trading

/// All stores in memory, over one state as the tables of one database are.
///
/// 1. Every call is one step: nobody sees half of it.
/// 2. It keeps the ports' promises: once per idempotency key, one attempt at a time per intent,
///    fences, each trade of a broker booked once, money in double entry.
/// 3. Calls can be made to fail before they do anything, by name, so many times.
package final class MemoryStore: Sendable {
    private let state = Mutex(MemoryState())
    private let bell = Mutex<[AsyncStream<Void>.Continuation]>([])
    let clock: any WallClock

    /// The letters in all references made here.
    package static let mark = "TST"

    package init(clock: any WallClock) { self.clock = clock }

    /// Lets the named call, or every call where nil, fail so many times.
    package func fail(_ call: String? = nil, with failure: StoreFailure, times: Int = .max) {
        state.withLock { $0.faults.append(MemoryFault(call: call, failure: failure, left: times)) }
    }

    /// Lets all calls succeed again.
    package func heal() { state.withLock { $0.faults = [] } }

    /// The names of all calls, in order.
    package var calls: [String] { state.withLock { $0.calls } }

    /// How often a call was made.
    package func count(of call: String) -> Int {
        state.withLock { $0.calls.count { $0 == call } }
    }

    /// One call of a port.
    func transact<Result: Sendable>(
        _ call: String,
        _ body: (inout MemoryState) -> Result
    ) throws(StoreFailure) -> Result {
        let failure = state.withLock { state in
            state.calls.append(call)
            return state.nextFailure(of: call)
        }
        if let failure { throw failure }
        return look(body)
    }

    /// Reads or writes past the ports, as a test's own hand in the tables.
    func look<Result: Sendable>(_ body: (inout MemoryState) -> Result) -> Result {
        state.withLock { body(&$0) }
    }

    /// Rings for relays.
    func ring() {
        for continuation in bell.withLock({ $0 }) { continuation.yield() }
    }

    /// Rings once for the one who asks, and at every ring.
    func listen() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            bell.withLock { $0.append(continuation) }
            continuation.yield()
        }
    }
}

/// A failure that waits for a call.
struct MemoryFault {
    let call: String?
    let failure: StoreFailure
    var left: Int
}

/// The tables.
struct MemoryState {
    var calls: [String] = []
    var faults: [MemoryFault] = []
    private var lastID: Int64 = 0

    var traders: [TraderID: BasisPoints] = [:]
    var users: [UserID: MemoryUser] = [:]
    var apiKeys: [Int64: MemoryKey] = [:]
    var logins = MemoryLogins()
    var approvalLimits: [TraderID: ApprovalLimit] = [:]
    var approvals: [TaskID: MemoryApproval] = [:]
    /// Clients who may trade for themselves.
    var tradingClients: Set<ClientID> = []
    var clients: [ClientID: MemoryClient] = [:]
    var accounts: [AccountID: MemoryAccount] = [:]
    /// Links to login pages that nobody has used.
    var links: [LoginLink] = []
    var loginApps: [AccountID: LoginOwnApp] = [:]
    var loginRequests: [(request: LoginRequest, made: Timestamp)] = []
    var grantedTokens: Set<String> = []
    /// What was noted of actions at brokers.
    var actions: [(action: BrokerAction, actor: Actor)] = []
    /// Whether accounts must have an address or proxy of their own.
    var requiresEgress = false
    var halts: [Halts.Scope: ActiveHalt] = [:]
    var instruments: [InstrumentID: MemoryInstrument] = [:]
    /// How many shares each broker's last list had.
    var listedShares: [BrokerName: Int] = [:]
    var watchlists: [WatchlistID: MemoryWatchlist] = [:]
    var trades: [TaskID: MemoryTrade] = [:]
    var intents: [IntentID: MemoryIntent] = [:]
    /// Trades that were booked, by intent.
    var bookedTrades: [IntentID: Set<String>] = [:]
    /// Those trades, in the order in which they were booked.
    var fills: [BookedFill] = []
    var drifts: [MemoryDrift] = []
    var cashMoves: [MemoryCashMove] = []
    var preflights: [PreflightID: MemoryPreflight] = [:]
    var leverages: [TraderID: Leverage] = [:]
    var interest: [InterestCharge] = []
    var alerts: [StoredAlert] = []
    var journal: [MemoryLedgerLine] = []
    var cancellations: [CancellationID: MemoryCancellation] = [:]
    var modifications: [ModificationID: MemoryModification] = [:]
    var exits: [ExitID: MemoryExit] = [:]
    var limits: [LimitSubject: SetLimits] = [:]
    /// Which repair took which order of which trade.
    var repairs: [TaskID: [IntentID: TaskID]] = [:]
    var undos: [TaskID: UndoRecord] = [:]
    /// Each client's own quantity, of trades that list them.
    var listed: [TaskID: [ClientID: Quantity]] = [:]
    var baskets: [BasketID: MemoryBasket] = [:]
    var outbox: [(id: Int64, message: QueueMessage, at: Timestamp)] = []

    /// One sequence for all tables, so that an id of the wrong kind finds nothing.
    mutating func nextID() -> Int64 {
        lastID += 1
        return lastID
    }

    mutating func nextFailure(of call: String) -> StoreFailure? {
        guard let index = faults.firstIndex(where: { $0.call == nil || $0.call == call }) else {
            return nil
        }
        let failure = faults[index].failure
        faults[index].left -= 1
        if faults[index].left <= 0 { faults.remove(at: index) }
        return failure
    }
}

struct MemoryUser {
    let identity: Identity
    let passwordHash: String
}

struct MemoryKey {
    let key: APIKey
    let user: UserID
    let hash: [UInt8]
}

struct MemoryInstrument {
    let instrument: Instrument
    var masterPrice: Price?
    var listings: [BrokerName: BrokerInstrument] = [:]
    var marginLeverage: Int64?
}

struct MemoryAccount {
    var account: BrokerAccount
    var token: Secret
    /// What the broker said of this token.
    var check: (result: SessionCheckResult, words: String?, at: Timestamp)?
    /// The addresses on the broker's list, in words.
    var egressWords: String?
    /// Whether the token may be renewed, and what came of the last try.
    var isRenewable = false
    var renewalFailure: (words: String, at: Timestamp)?
}

struct MemoryClient {
    var client: Client
    var groups: [String]
    var funds: Funds
    var holdings: [ShareKey: Holding] = [:]
    let createdAt: Timestamp
    var updatedAt: Timestamp
}
