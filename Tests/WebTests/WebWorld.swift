import Desk
import DeskTesting
import HTTPClient
import HTTPServer
import JSON
import Secrets
import Telemetry
import Testing
import Trading

@testable import Web

/// The API on a free port, over stores in memory: an admin, two traders, one instrument.
struct WebWorld: Sendable {
    let clock = ManualClock()
    let store: MemoryStore
    let queue = MemoryQueue()
    let board: MemoryBoard
    let brokerHealth: MemoryBrokerHealth
    let quotes = MemoryQuotes()
    let conditionals: MemoryConditionals
    let quoteCache: MemoryQuoteCache
    let depthCache: MemoryDepthCache
    /// Counts what is read through accounts.
    let pacer = MemoryPacer()
    let hints: TakeHints
    let api: WebAPI
    let server: HTTPServer
    let client = HTTPClient()
    let signer = JWTSigner(key: Array(repeating: 7, count: 32))
    let audit = MemoryAuditLog()
    let linkSigner = JWTSigner(key: Array(repeating: 8, count: 32))
    /// Its page gives the state back, Dhan's does not, Groww has none, and Upstox is not set up.
    let zerodha = ScriptedLogin(.page(returnsState: true), takesOwnApps: true)
    let dhan = ScriptedLogin(.page(returnsState: false, takesPIN: true))
    let groww = ScriptedLogin(.code, takesOwnApps: true)
    let upstox: ScriptedLogin
    /// Upstox's own app.
    let requests = ScriptedRequests()
    /// Dhan, for what is asked of accounts.
    let broker = ScriptedBroker(.dhan)
    let services = MemoryBrokerServices()
    let instrument: Instrument
    let admin: Identity
    let trader: Identity
    let other: Identity
    let traderID: TraderID

    static let password = "correct horse battery"

    init(requiresSecondFactor: Bool = false) async throws {
        store = MemoryStore(clock: clock)
        conditionals = MemoryConditionals(clock: clock)
        board = MemoryBoard(clock: clock)
        brokerHealth = MemoryBrokerHealth(clock: clock)
        quoteCache = MemoryQuoteCache(clock: clock)
        depthCache = MemoryDepthCache(clock: clock)
        upstox = ScriptedLogin(
            .page(returnsState: true),
            refusing: .notConfigured(.appKey),
            requests: requests,
            takesOwnApps: true
        )
        let hash = try await Passwords.hash(Self.password, cost: .test)
        let store = store
        let user = { (email: String, role: Role) in
            store.addUser(
                UserDraft(
                    email: email,
                    name: email,
                    role: role,
                    passwordHash: hash,
                    trader: nil,
                    client: nil
                )
            )
        }
        admin = user("admin@example.com", .admin)
        trader = user("trader@example.com", .trader)
        other = user("other@example.com", .trader)
        guard let id = trader.trader else { throw NoTrader() }
        traderID = id
        instrument = store.addInstrument("RELIANCE")
        broker.set { [services] in $0.services = services.services }
        hints = TakeHints(
            store: store,
            live: store,
            conditionals: conditionals,
            queue: queue,
            clock: clock
        )
        let submit = SubmitTrade(store: store, queue: queue, outbox: store)
        let complete = CompleteTrades(store: store, board: board)
        let cancel = SubmitCancel(store: store, queue: queue, complete: complete)
        api = WebAPI(
            stores: WebStores(
                trades: store,
                orders: store,
                accounts: store,
                identities: store,
                logins: store,
                instruments: store,
                watchlists: store,
                audit: audit,
                limits: store,
                repairs: store,
                baskets: store,
                conditionals: conditionals,
                portfolios: store,
                cash: store,
                margins: store,
                alerts: store,
                preflights: store
            ),
            quoteCache: quoteCache,
            submit: submit,
            cancel: cancel,
            modify: SubmitModification(
                orders: store,
                trades: store,
                store: store,
                queue: queue,
                quotes: quotes,
                brokers: [.changing],
                market: .always,
                clock: clock
            ),
            exit: SubmitExit(
                store: store,
                advance: AdvanceExits(
                    store: store,
                    cancels: store,
                    trades: store,
                    submitCancel: cancel,
                    submitTrade: submit,
                    clock: clock
                )
            ),
            queue: queue,
            outbox: store,
            decide: DecideOrder(
                store: store,
                queue: queue,
                complete: complete
            ),
            hint: hints,
            hintReaders: [.dhan: WholeBodyReader()],
            brokers: [.sample],
            brokerHealth: brokerHealth,
            prices: PreflightPrices(live: quotes, source: quotes),
            sendsTo: Set(BrokerName.allCases),
            quotes: quotes,
            depth: ReadDepth(
                cache: depthCache,
                prices: quoteCache,
                asking: AskSessions(
                    sessions: store,
                    brokers: Brokers([broker], gate: MemoryGate()),
                    pacer: pacer
                ),
                clock: clock
            ),
            market: .exchange,
            board: board,
            signer: signer,
            logIn: LogInAtBroker(
                accounts: store,
                links: store,
                logins: [.zerodha: zerodha, .dhan: dhan, .groww: groww, .upstox: upstox],
                lives: [.zerodha: .until(6, 0), .dhan: .hours(24), .groww: .until(6, 0)],
                market: .exchange,
                clock: clock
            ),
            askBroker: AskBroker(
                accounts: store,
                actions: store,
                brokers: Brokers([broker], gate: MemoryGate())
            ),
            renew: RenewSessions(
                store: store,
                brokers: Brokers([broker], gate: MemoryGate()),
                market: .exchange,
                clock: clock
            ),
            linkSigner: linkSigner,
            passwordCost: .test,
            haltBound: .zero,
            requiresSecondFactor: requiresSecondFactor,
            clock: clock,
            logger: .silent,
            metrics: Metrics(),
            isReady: { (try? await store.halts()) != nil }
        )
        var configuration = HTTPServerConfiguration(port: 0)
        configuration.headers = SafeHeaders.all
        server = HTTPServer(
            configuration,
            routes: api.routes,
            fallback: WebAPI.refuse
        )
    }

    /// Calls `body` while the server runs.
    static func serving(
        requiresSecondFactor: Bool = false,
        _ body: (WebWorld) async throws -> Void
    ) async throws {
        let world = try await WebWorld(requiresSecondFactor: requiresSecondFactor)
        try world.server.start()
        do {
            try await body(world)
        } catch {
            await world.stop()
            throw error
        }
        await world.stop()
    }

    private func stop() async {
        await client.close()
        await server.stop(grace: .seconds(30))
    }

    /// An access token of a new login.
    func token(_ identity: Identity) -> String {
        api.authentication.token(for: identity, in: store.addSession(of: identity.user))
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(server.port)\(path)" }

    /// One request as somebody, nil: as nobody.
    func ask(
        _ method: String,
        _ path: String,
        as identity: Identity? = nil,
        _ body: String? = nil,
        headers: [(name: String, value: String)] = []
    ) async throws -> WebAnswer {
        var all = headers
        if let identity { all.append(("Authorization", "Bearer " + token(identity))) }
        let response = try await client.send(
            HTTPRequest(
                method: method,
                url: url(path),
                headers: all,
                body: body.map { Array($0.utf8) },
                timeout: .seconds(60)
            )
        )
        return WebAnswer(response)
    }

    /// A user who is one of the trader's clients.
    func clientUser(_ client: ClientID, email: String = "client@example.com") -> Identity {
        store.addUser(
            UserDraft(
                email: email,
                name: "C",
                role: .client,
                passwordHash: "",
                trader: traderID,
                client: client
            )
        )
    }

    /// A trade of the trader's, with one intent for each of so many new paper clients.
    func plannedTrade(_ clients: Int) async throws -> (TaskID, [OrderJob]) {
        for number in 0..<clients { _ = store.addClient("C\(number)", of: traderID) }
        let answer = try await ask("POST", "/api/v1/bulk-trades", as: trader, Self.buy)
        let task = TaskID(try #require(answer.json["task_id"]?.int64))
        let jobs = try await store.plan(
            task,
            referencePrice: Price(raw: 1_000_000),
            marketOpen: true
        )
        return (task, jobs)
    }

    /// Takes orders to an end as a worker would.
    func finish(_ jobs: [OrderJob], _ answer: PlacementAnswer = .accepted(brokerOrderID: "B"))
        async throws
    {
        guard let task = jobs.first?.task, let trade = try await store.trade(task) else { return }
        let claims = try await store.claim(
            jobs.map {
                ClaimRequest(job: $0, trade: trade, price: trade.referencePrice, obstacle: nil)
            },
            lease: Lease(worker: "test", duration: .seconds(60))
        )
        let outcomes = claims.compactMap { claim in
            if case .send(let attempt) = claim {
                AttemptOutcome(attempt: attempt, answer: answer)
            } else {
                nil
            }
        }
        #expect(try await store.record(outcomes) == outcomes.map { _ in true })
        _ = try await store.complete([task])
        await board.ring([task])
    }

    private struct NoTrader: Error {}

    static let buy = #"{"symbol":"RELIANCE","side":"BUY","quantity":10}"#
}

/// A broker whose messages are our reference and nothing else.
private struct WholeBodyReader: HintReader {
    func hints(in message: [UInt8]) -> [BrokerHint] {
        [.order(String(decoding: message, as: UTF8.self))]
    }
}

/// An answer and its body, read as JSON where it is some.
struct WebAnswer: Sendable {
    let response: HTTPResponse
    let json: JSONValue

    init(_ response: HTTPResponse) {
        self.response = response
        json = (try? JSONValue(parsing: response.body)) ?? .null
    }

    var status: Int { response.status }
    var text: String { String(decoding: response.body, as: UTF8.self) }

    func header(_ name: String) -> String? { response.header(name) }

    /// Expects a refusal as RFC 9457 has it.
    func expectProblem(
        _ status: Int,
        _ code: String,
        field: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status == status, "\(text)", sourceLocation: sourceLocation)
        #expect(
            header("content-type") == "application/problem+json",
            sourceLocation: sourceLocation
        )
        #expect(json["code"]?.string == code, "\(text)", sourceLocation: sourceLocation)
        #expect(json["status"]?.int64 == Int64(status), sourceLocation: sourceLocation)
        #expect(json["title"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
        #expect(json["detail"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
        #expect(json["field"]?.string == field, "\(text)", sourceLocation: sourceLocation)
    }
}
