import Exchange

/// Everything that changes in the sandbox, held behind one lock by `Floor`.
struct World: Sendable {
    let seed: UInt64
    let isOpenToAll: Bool
    let keepsLimits: Bool
    var exchange: Exchange
    /// By the exchange's account number.
    var clients: [ClientState] = []
    /// By the face's name and a token of it.
    var byToken: [AccountName: Int] = [:]
    var faults: FaultPlan
    var calls = CallLog()
    var latencyMilliseconds: Int64
    var jitterMilliseconds: Int64 = 0
    /// How far the sandbox's clock is ahead of the machine's, in microseconds.
    var clockOffset: Int64 = 0
    var subscribers: [Int: [Int: OrderFeed]] = [:]
    var partners: [Int: OrderFeed] = [:]
    var lastFeed = 0
    /// Open connections of market feeds, by account.
    var feeds: [Int: Int] = [:]
    /// Accounts with an exit at a profit or a loss that has not fired.
    var profitExits: Set<Int> = []
    /// Consents and token ids that were given out but not used: the client they are for.
    var consents: [String: String] = [:]
    var tokenIDs: [String: String] = [:]
    var loginCodes: [String: LoginCode] = [:]
    /// What sockets of Groww's were opened with, by the token for it.
    var socketTokens: [String: GrowwSocketToken] = [:]
    /// Sales that clients are about to authorise, by what the broker calls the request.
    var saleRequests: [String: SaleRequest] = [:]
    /// Where logins lead to, by the face's name, as registered with the app.
    var redirects: [String: String] = [:]
    /// By the exchange's account number, oldest first.
    var payments: [Int: [PaidMoney]] = [:]
    /// Numbers of the auctions that the exchange holds now, by instrument.
    var auctions: [Int: String] = [:]
    /// Clients' own apps.
    var apps: [AppName: LoginApp] = [:]
    var lastToken = 0
    private var jitter: RandomStream

    init(_ configuration: SandboxConfiguration, at moment: Moment) {
        seed = configuration.seed
        isOpenToAll = configuration.accountsOpen
        keepsLimits = configuration.limits
        latencyMilliseconds = configuration.latencyMilliseconds
        faults = FaultPlan(seed: configuration.seed)
        jitter = RandomStream(seed: configuration.seed, stream: 0x1A7E)
        exchange = Exchange(
            seed: configuration.seed,
            instruments: configuration.instruments,
            hours: configuration.hours,
            at: moment
        )
    }

    /// The account of a client, made where there was none.
    mutating func open(face: any BrokerFace.Type, client: String, token: String) -> Int {
        let account = exchange.account(AccountName(broker: face.name, client: client))
        if account == clients.count {
            clients.append(ClientState(face: face, client: client, token: token))
            byToken[AccountName(broker: face.name, client: token)] = account
        }
        return account
    }

    func account(face: String, client: String) -> Int? {
        exchange.find(account: AccountName(broker: face, client: client))
    }

    /// Puts a new token in the place of the old one, which is dead from then on.
    mutating func setToken(_ token: String, expiresAt: Moment?, of account: Int) {
        let face = clients[account].face.name
        let old = AccountName(broker: face, client: clients[account].token)
        if byToken[old] == account { byToken[old] = nil }
        clients[account].token = token
        clients[account].tokenExpiresAt = expiresAt
        byToken[AccountName(broker: face, client: token)] = account
    }

    /// The account of a caller with a good token; made where the door is open to all.
    mutating func account(of caller: Caller, at face: any BrokerFace.Type, _ now: Moment) -> Int? {
        if isOpenToAll {
            return open(face: face, client: caller.client ?? caller.token, token: caller.token)
        }
        let known =
            caller.client.map { account(face: face.name, client: $0) }
            ?? byToken[AccountName(broker: face.name, client: caller.token)]
        guard let known, clients[known].hasValid(caller.token, at: now) else { return nil }
        return known
    }

    mutating func pauseForOrderCall() -> Int64 {
        let extra = jitterMilliseconds > 0 ? jitter.below(jitterMilliseconds + 1) : 0
        return latencyMilliseconds + extra
    }

    /// Makes the exchange keep events where somebody listens or wants postbacks.
    mutating func updateWatch(_ account: Int) {
        let listens = subscribers[account]?.isEmpty == false
        exchange.watch(account, listens || clients[account].postback != nil)
        exchange.watchesAll = !partners.isEmpty
    }
}
