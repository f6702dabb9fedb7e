import Testing
import Trading

@Suite struct HaltsTests {
    private func reason(_ scopes: [Halts.Scope]) -> Reason? {
        Halts(scopes).reason(
            for: HaltSubject(
                trader: TraderID(1),
                client: ClientID(2),
                broker: .dhan,
                instrument: InstrumentID(3)
            )
        )
    }

    @Test("Without a switch nothing is halted")
    func none() {
        #expect(reason([]) == nil)
    }

    @Test(
        "A switch stops what it covers and nothing else",
        arguments: [
            (.everything, .haltedAll), (.broker(.dhan), .haltedBroker),
            (.symbol(InstrumentID(3)), .haltedSymbol), (.symbol(InstrumentID(2)), nil),
            (.trader(TraderID(1)), .haltedTrader), (.client(ClientID(2)), .haltedClient),
            (.broker(.zerodha), nil), (.trader(TraderID(2)), nil), (.client(ClientID(1)), nil),
        ] as [(Halts.Scope, Reason?)]
    )
    func one(scope: Halts.Scope, expected: Reason?) {
        #expect(reason([scope]) == expected)
    }

    @Test("Of several switches the widest is named")
    func widest() {
        let all: [Halts.Scope] = [
            .client(ClientID(2)), .trader(TraderID(1)), .symbol(InstrumentID(3)), .broker(.dhan),
            .everything,
        ]
        #expect(reason(all) == .haltedAll)
        #expect(reason(Array(all.prefix(4))) == .haltedBroker)
        #expect(reason(Array(all.prefix(3))) == .haltedSymbol)
        #expect(reason(Array(all.prefix(2))) == .haltedTrader)
    }
}
