import Testing
import Trading

@Suite struct EligibilityTests {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)

    private func client(_ status: Client.Status = .active) -> Client {
        Client(
            id: ClientID(2),
            trader: TraderID(1),
            code: "C2",
            name: "Client",
            email: nil,
            status: status,
            capital: .zero,
            part: nil
        )
    }

    private func account(
        _ status: BrokerAccount.Status = .connected,
        endsIn seconds: Int64? = nil,
        egress: String? = nil,
        _ standing: EgressStanding = .unknown
    ) -> BrokerAccount {
        BrokerAccount(
            id: AccountID(3),
            client: ClientID(2),
            broker: .dhan,
            brokerClientID: "1000000001",
            status: status,
            sessionEnds: seconds.map { now.advanced(by: .seconds($0)) },
            egress: egress,
            egressStanding: standing
        )
    }

    private func rules(
        _ halts: [Halts.Scope] = [],
        open: Bool = true,
        brokers: Set<BrokerName> = [.dhan, .paper]
    ) -> Eligibility {
        Eligibility(
            halts: Halts(halts),
            marketIsOpen: open,
            brokers: brokers,
            now: now,
            instrument: InstrumentID(5)
        )
    }

    @Test("An active client with a session takes part, and so does one without any account")
    func eligible() {
        #expect(rules().obstacle(for: client(), account: account(), isListed: true) == nil)
        #expect(rules().obstacle(for: client(), account: account(endsIn: 1), isListed: true) == nil)
        #expect(rules().obstacle(for: client(), account: nil, isListed: false) == nil)
    }

    @Test("An account has an address where it must, and one that its broker lists")
    func egress() {
        let strict = Eligibility(
            halts: Halts([]),
            marketIsOpen: true,
            brokers: [.dhan, .paper],
            now: now,
            instrument: InstrumentID(5),
            requiresEgress: true
        )
        func obstacle(_ rule: Eligibility, _ account: BrokerAccount?) -> Reason? {
            rule.obstacle(for: client(), account: account, isListed: true)
        }
        #expect(obstacle(strict, account()) == .egressMissing)
        #expect(obstacle(strict, account(egress: "10.0.0.1")) == nil)
        #expect(obstacle(rules(), account()) == nil)
        let wrong = account(egress: "10.0.0.1", .notRegistered)
        #expect(obstacle(strict, wrong) == .egressNotRegistered)
        #expect(obstacle(rules(), wrong) == .egressNotRegistered)
        #expect(obstacle(strict, account(egress: "10.0.0.1", .registered)) == nil)
        // What needs a person first is said first; paper has no way out at all.
        #expect(obstacle(strict, account(.expired)) == .sessionExpired)
        #expect(obstacle(strict, nil) == nil)
    }

    @Test(
        "Only active clients take part",
        arguments: [
            (.inactive, .clientInactive), (.pending, .clientPending), (.archived, .clientArchived),
        ] as [(Client.Status, Reason)]
    )
    func statuses(status: Client.Status, expected: Reason) {
        let obstacle = rules()
            .obstacle(for: client(status), account: account(), isListed: true)
        #expect(obstacle == expected)
    }

    @Test("A session that has ended, by the broker's word or by the clock, takes no part")
    func sessions() {
        for account in [account(.expired), account(endsIn: 0), account(endsIn: -60)] {
            #expect(
                rules().obstacle(for: client(), account: account, isListed: true) == .sessionExpired
            )
        }
        #expect(
            rules().obstacle(for: client(), account: account(.disconnected), isListed: true)
                == .noSession
        )
    }

    @Test("An instrument that the client's broker does not list is not traded")
    func unlisted() {
        #expect(
            rules().obstacle(for: client(), account: account(), isListed: false)
                == .noInstrumentAtBroker
        )
    }

    @Test("A client of a broker without an adapter takes no part, before its session is looked at")
    func unsupported() {
        #expect(
            rules(brokers: [.paper])
                .obstacle(for: client(), account: account(.expired), isListed: false)
                == .brokerNotSupported
        )
        #expect(
            rules(brokers: [.dhan]).obstacle(for: client(), account: nil, isListed: false)
                == .brokerNotSupported
        )
    }

    @Test("A halt of a broker stops its clients, and one of paper those without an account")
    func halts() {
        #expect(
            rules([.broker(.dhan)]).obstacle(for: client(), account: account(), isListed: true)
                == .haltedBroker
        )
        #expect(
            rules([.broker(.dhan)]).obstacle(for: client(), account: nil, isListed: true) == nil
        )
        #expect(
            rules([.broker(.paper)]).obstacle(for: client(), account: nil, isListed: true)
                == .haltedBroker
        )
    }

    @Test(
        "Of several obstacles the first is named: client, halt, market, broker, session, instrument"
    )
    func order() {
        let bad = account(.expired)
        let all = rules([.everything], open: false)
        #expect(
            all.obstacle(for: client(.inactive), account: bad, isListed: false) == .clientInactive
        )
        #expect(all.obstacle(for: client(), account: bad, isListed: false) == .haltedAll)
        let closed = rules(open: false)
        #expect(closed.obstacle(for: client(), account: bad, isListed: false) == .marketClosed)
        #expect(closed.obstacle(for: client(), account: nil, isListed: false) == .marketClosed)
        #expect(rules().obstacle(for: client(), account: bad, isListed: false) == .sessionExpired)
    }
}
