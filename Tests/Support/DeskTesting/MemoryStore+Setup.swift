package import Desk
package import Trading

extension MemoryStore {
    /// Stores an instrument that these brokers list.
    @discardableResult
    package func addInstrument(
        _ symbol: String,
        at exchange: ExchangeName = .nse,
        lot: Int64 = 1,
        freeze: Int64? = nil,
        masterPrice: Price? = nil,
        listedBy brokers: [BrokerName] = [.dhan],
        segment: String = "NSE_EQ",
        code: String? = nil
    ) -> Instrument {
        look { state in
            let id = InstrumentID(state.nextID())
            let instrument = Instrument(
                id: id,
                exchange: exchange,
                symbol: symbol,
                name: symbol + " Limited",
                isin: nil,
                lot: Quantity(lot),
                tick: Price(raw: 500),
                freezeQuantity: freeze.map { Quantity($0) },
                lowerCircuit: nil,
                upperCircuit: nil
            )
            var row = MemoryInstrument(instrument: instrument, masterPrice: masterPrice)
            for broker in brokers {
                row.listings[broker] = BrokerInstrument(
                    instrument: id,
                    segment: segment,
                    code: code ?? "\(id)"
                )
            }
            state.instruments[id] = row
            return instrument
        }
    }

    /// Gives a client shares that cost nothing.
    package func give(_ client: ClientID, _ instrument: InstrumentID, _ shares: Quantity) {
        look { state in
            let key = ShareKey(instrument, boughtAs: .delivery)
            var holding = state.clients[client]?.holdings[key] ?? Holding()
            holding.add(shares, cost: .zero)
            state.clients[client]?.holdings[key] = holding
        }
    }

    /// Stores a trader without a user.
    package func addTrader(usualPart: BasisPoints = BasisPoints(2_500)) -> TraderID {
        look { state in
            let id = TraderID(state.nextID())
            state.traders[id] = usualPart
            return id
        }
    }

    /// Stores a user; the address must be free.
    package func addUser(_ draft: UserDraft) -> Identity {
        look { state in
            guard let identity = state.addUser(draft) else {
                preconditionFailure("the address is taken")
            }
            return identity
        }
    }

    /// Stores an active client, with an account at a broker where one is named.
    package func addClient(
        _ code: String,
        of trader: TraderID,
        capital: Money = Money(paise: 10_000_000),
        status: Client.Status = .active,
        groups: [String] = [],
        broker: BrokerName? = nil,
        sessionEnds: Timestamp? = nil,
        egress: String? = nil
    ) -> ClientID {
        let now = clock.now()
        return look { state in
            let draft = ClientDraft(
                trader: trader,
                code: code,
                name: "Client " + code,
                email: code.lowercased() + "@example.com",
                status: status,
                capital: capital,
                part: nil,
                groups: groups
            )
            guard let id = state.add(draft, now: now) else {
                preconditionFailure("the code is taken")
            }
            if let broker {
                state.connect(
                    AccountDraft(
                        client: id,
                        broker: broker,
                        brokerClientID: "D" + code,
                        token: Secret("token-of-" + code),
                        sessionEnds: sessionEnds,
                        egress: egress
                    )
                )
            }
            return id
        }
    }

    /// From now on every account must have an address or proxy of its own.
    package func requireEgress() { look { $0.requiresEgress = true } }

    /// Gives a client shares as if they had been bought for so much.
    package func addHolding(_ shares: Quantity, of instrument: InstrumentID, to client: ClientID) {
        look { state in
            let key = ShareKey(instrument, boughtAs: .delivery)
            var holding = state.clients[client]?.holdings[key] ?? Holding()
            holding.add(shares, cost: .zero)
            state.clients[client]?.holdings[key] = holding
        }
    }

    /// Every intent of a trade, in the order of ids.
    package func intents(of task: TaskID) -> [OrderIntent] {
        look { state in
            state.intents.values.filter { $0.task == task }.map(\.intent).sorted { $0.id < $1.id }
        }
    }

    /// One intent.
    package func intent(_ id: IntentID) -> OrderIntent? { look { $0.intents[id]?.intent } }

    /// A client's money.
    package func funds(of client: ClientID) -> Funds? { look { $0.clients[client]?.funds } }

    /// The messages that wait in the outbox.
    package var outboxMessages: [QueueMessage] { look { $0.outbox.map(\.message) } }

    /// Puts a message in the outbox, as a transaction would.
    package func addOutboxRow(_ message: QueueMessage) {
        let now = clock.now()
        look { $0.outbox.append(($0.nextID(), message, now)) }
        ring()
    }

    /// Whether a trade's plan was marked as published.
    package func isPublished(_ task: TaskID) -> Bool {
        look { $0.trades[task]?.publishedAt != nil }
    }

    /// How many trades, clients and users there are: what a refused request must leave alone.
    package var size: [Int] {
        look { [$0.trades.count, $0.clients.count, $0.users.count, $0.accounts.count] }
    }
}
