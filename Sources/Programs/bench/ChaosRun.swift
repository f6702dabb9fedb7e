import BrokerFaces
import Glibc
import HTTPClient
import JSON
import NetworkTrouble
import Synchronization
import Telemetry

/// One run: the plan carried out on a stack, until everything has come to its end.
final class ChaosRun: Sendable {
    private let stack: ChaosStack
    private let plan: ChaosPlan
    private let clients: Int
    private let say: @Sendable (String) -> Void
    private let http = HTTPClient(HTTPClientConfiguration(), logger: .silent, metrics: nil)
    private let done = Mutex<[ChaosPlan.Kind: Int]>([:])

    /// Seconds that everything may take to come to its end once all is well again.
    private static let settlingSeconds = 420
    private typealias BrokerFault = (
        kind: String, percent: Int, milliseconds: Int?, isCancel: Bool
    )
    /// What goes wrong with changes of orders, and how often, as `brokerFaults` says.
    private static let changeFaults = [
        ("drop_after_booking", 6), ("drop_before_booking", 6), ("status_504_but_placed", 5),
        ("modify_ignored", 6),
    ]
    /// How the simulated brokers' changes of orders are told from all other calls.
    private static let changeCalls = [("method", "PUT"), ("path", "/order/modify")]
    /// Percent of placements that go wrong, by the sandbox's word; together a fifth.
    ///
    /// The last ones are about cancels alone.
    private static let brokerFaults: [BrokerFault] = [
        ("drop_after_booking", 3, nil, false), ("drop_before_booking", 3, nil, false),
        ("status_504_but_placed", 2, nil, false), ("status_400_but_placed", 2, nil, false),
        ("reset", 1, nil, false), ("reset_mid_body", 1, nil, false),
        ("garbage_body", 1, nil, false),
        ("delay", 4, 3_000, false), ("status_500", 1, nil, false),
        ("rejected_after_accept", 2, nil, false),
        // On top of the others, and sometimes with a delay, when it counts: who asks the book too
        // early then believes that nothing was placed.
        ("hide_from_book", 10, 5_000, false),
        ("drop_after_booking", 4, nil, true), ("drop_before_booking", 4, nil, true),
        ("status_504_but_placed", 3, nil, true), ("status_400_but_placed", 3, nil, true),
        ("status_429", 3, nil, true), ("garbage_body", 3, nil, true),
        ("cancel_ignored", 3, nil, true),
    ]

    init(
        _ stack: ChaosStack,
        _ plan: ChaosPlan,
        clients: Int,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.stack = stack
        self.plan = plan
        self.clients = clients
        self.say = say
    }

    /// Carries it out, and says what became of it.
    func callAsFunction() async throws -> ChaosVerdict {
        let user = try await prepare()
        try await orderBrokerFaults()
        say(
            "chaos begins: \(plan.faults.count) faults, \(plan.trades.count) bulk trades, "
                + "\(plan.errands.count) errands"
        )
        let start = ContinuousClock.now
        async let errands: Void = carryOutErrands(of: user, from: start)
        try await makeTrouble(for: user, from: start)
        say("all is well again; waiting until everything has ended")
        let drawn = try await endBrokerFaults()
        try await errands
        say("the user's errands are done")
        let verdict = try await judge(user, drawn)
        await http.close()
        return verdict
    }

    private func prepare() async throws -> ChaosUser {
        say("database, users, instruments")
        try await stack.mustRun(["migrate"])
        try await stack.makeTrader()
        try await stack.makeUser(ChaosStack.admin, role: "admin")
        try await listCheapShare()
        try await stack.mustRun(["admin", "load-instruments"])
        try stack.startAll()
        try await stack.waitForAPIs(http)
        say("\(clients) clients, and a first trade while all is well")
        try await stack.mustRun(["demo", "load", "--clients", "\(clients)"])
        let user = try await ChaosUser(stack, http)
        try await user.carryOut(ChaosPlan.firstTrade, number: 0)
        try await stack.mustRun(["demo", "verify", "--all", "--patience", "300"])
        return user
    }

    /// At a price that stays, and in any quantity.
    private func listCheapShare() async throws {
        let share: JSONValue = [
            "symbol": .string(ChaosShare.Cheap.symbol), "price": .string(ChaosShare.Cheap.price),
            "security_id": .integer(ChaosShare.Cheap.code), "frozen": true,
            "depth": .integer(1_000_000_000),
        ]
        _ = try await control("POST", "/control/prices", ["prices": [share]])
    }

    // MARK: Trouble

    private func carryOutErrands(of user: ChaosUser, from start: ContinuousClock.Instant)
        async throws
    {
        try await withThrowingTaskGroup { group in
            for (index, errand) in plan.errands.enumerated() {
                group.addTask { [self] in
                    try await Task.sleep(until: start + errand.at)
                    say("\(errand.at.tenths) s: \(errand.sentence)")
                    try await user.carryOut(errand, number: index + 1)
                }
            }
            try await group.waitForAll()
        }
    }

    private func makeTrouble(for user: ChaosUser, from start: ContinuousClock.Instant)
        async throws
    {
        try await withThrowingTaskGroup { group in
            for fault in plan.faults {
                group.addTask { [self] in
                    try await Task.sleep(until: start + fault.at)
                    say("\(fault.at.tenths) s: \(fault.sentence)")
                    try await make(fault)
                }
            }
            for (index, trade) in plan.trades.enumerated() {
                group.addTask {
                    try await Task.sleep(until: start + trade.at)
                    try await user.carryOut(trade, number: index + 1)
                }
            }
            let watch = Watch()
            group.addTask { [stack] in
                while !watch.isOver {
                    try stack.restartUnexpectedlyDead()
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
            for _ in 0..<(plan.faults.count + plan.trades.count) { try await group.next() }
            watch.end()
            try await group.waitForAll()
        }
        try stack.startAll()
    }

    /// Says when the watch over the processes may end.
    private final class Watch: Sendable {
        private let over = Atomic(false)
        var isOver: Bool { over.load(ordering: .relaxed) }
        func end() { over.store(true, ordering: .relaxed) }
    }

    private func make(_ fault: ChaosPlan.Fault) async throws {
        switch fault.kind {
        case .workerKilled: try await kill("worker-\(fault.target + 1)", fault)
        case .apiKilled: try await kill("api-\(fault.target + 1)", fault)
        case .relayKilled: try await kill("relay", fault)
        case .schedulerKilled: try await kill("scheduler", fault)
        case .workerFrozen: try await freeze("worker-\(fault.target + 1)", fault)
        case .apiFrozen: try await freeze("api-\(fault.target + 1)", fault)
        case .relayFrozen: try await freeze("relay", fault)
        case .schedulerFrozen: try await freeze("scheduler", fault)
        case .rabbitKilled: try await killServer("rabbitmq", fault)
        case .postgresStopped: try await killServer("postgresql", fault)
        case .redisKilled: try await killServer("redis", fault)
        case .redisFlushed: try await flushRedis()
        case .linkCut, .linkRefused, .linkSilent, .linkSlow: try await troubleLink(fault)
        }
        done.withLock { $0[fault.kind, default: 0] += 1 }
    }

    private func kill(_ name: String, _ fault: ChaosPlan.Fault) async throws {
        stack.kill(name)
        try await Task.sleep(for: fault.length)
        try stack.start(name)
    }

    private func freeze(_ name: String, _ fault: ChaosPlan.Fault) async throws {
        stack.signal(SIGSTOP, to: name)
        try await Task.sleep(for: fault.length)
        stack.signal(SIGCONT, to: name)
    }

    private func killServer(_ name: String, _ fault: ChaosPlan.Fault) async throws {
        guard try await stack.killServer(name) else { return }
        try await Task.sleep(for: fault.length)
        try await stack.startServer(name)
    }

    /// By its own protocol: a killed or silent Redis cannot be flushed, and need not be.
    private func flushRedis() async throws { try await stack.flushRedis() }

    private func troubleLink(_ fault: ChaosPlan.Fault) async throws {
        let proxy = stack.proxies[fault.target]
        // What lies in a silent network comes to the broker late: well within the horizon, or an
        // order could come after its absence was proven, which no client can tell.
        let isBroker = fault.target == ChaosPlan.links.count - 1
        let length = isBroker ? min(fault.length, .milliseconds(2_500)) : fault.length
        switch fault.kind {
        case .linkCut: await proxy.cut()
        case .linkRefused:
            await proxy.refuse()
            try await Task.sleep(for: length)
            await proxy.accept()
        case .linkSilent:
            await proxy.freeze()
            try await Task.sleep(for: length)
            await proxy.freeze(false)
        default:
            await proxy.delay(fault.length / 40)
            try await Task.sleep(for: fault.length)
            await proxy.delay(.zero)
        }
    }

    // MARK: The broker

    private func orderBrokerFaults() async throws {
        let faults: [JSONValue] = Self.brokerFaults.map { fault in
            var members = JSONObject()
            members.append("kind", .string(fault.kind))
            members.append("probability_percent", .integer(fault.percent))
            if let milliseconds = fault.milliseconds {
                members.append("milliseconds", .integer(milliseconds))
            }
            if fault.isCancel { members.append("cancelling", true) }
            return .object(members)
        }
        let changes: [JSONValue] = Self.changeCalls.flatMap { field, value in
            Self.changeFaults.map { kind, percent in
                [
                    "kind": .string(kind), "probability_percent": .integer(percent),
                    field: .string(value),
                ]
            }
        }
        _ = try await control("POST", "/control/faults", ["faults": .array(faults + changes)])
    }

    /// Ends them; how often each was drawn.
    private func endBrokerFaults() async throws -> [(kind: String, times: Int64)] {
        let rules = try await control("GET", "/control/faults")["faults"]?.array ?? []
        _ = try await control("DELETE", "/control/faults")
        return rules.map { rule in
            let isCancel = rule["cancelling"]?.bool == true
            let narrowed = rule["method"]?.string ?? rule["path"]?.string
            return (
                (isCancel ? "cancel, " : "") + (narrowed.map { "change, \($0), " } ?? "")
                    + (rule["kind"]?.string ?? ""),
                rule["drawn"]?.int64 ?? 0
            )
        }
    }

    private func control(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws
        -> JSONValue
    {
        try await stack.control(http, method, path, body)
    }

    // MARK: The end

    private func judge(_ user: ChaosUser, _ drawn: [(kind: String, times: Int64)]) async throws
        -> ChaosVerdict
    {
        let patience = Duration.seconds(Self.settlingSeconds)
        try await user.waitForExits(within: patience)
        say("every exit has sold; waiting for its orders")
        let books = try await stack.command([
            "demo", "verify", "--all", "--patience", "\(Self.settlingSeconds)",
        ])
        say("every order has ended; waiting for the queues")
        let ledger = try await stack.command(["admin", "check-ledger"])
        say("the books' check ended with \(books.status), the ledger's with \(ledger.status)")
        let queues = try await stack.settledQueues()
        try await ErrandFigures.waitForChanges(stack.databaseURL, within: patience)
        try await stack.stopWorkers()
        var booked: [JSONValue] = []
        var after = ""
        repeat {
            let page = try await control("GET", "/control/ledger?limit=10000" + after)
            booked += page["orders"]?.array ?? []
            after = page["next"]?.string.map { "&after=" + $0 } ?? ""
        } while !after.isEmpty
        return try await ChaosVerdict(
            figures: OrderFigures(databaseURL: stack.databaseURL, booked: booked),
            errands: ErrandFigures(
                databaseURL: stack.databaseURL,
                booked: booked,
                halts: user.accepted.halts
            ),
            accepted: user.accepted,
            faults: done.withLock(\.self),
            brokerFaults: drawn,
            books: books,
            ledger: ledger,
            queues: queues,
            deaths: stack.unexpectedDeaths
        )
    }
}
