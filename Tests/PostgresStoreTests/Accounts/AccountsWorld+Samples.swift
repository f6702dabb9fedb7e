import Desk
import DeskTesting
import Testing
import Trading

@testable import PostgresStore

extension AccountsWorld {
    func draft(
        _ code: String,
        trader: TraderID? = nil,
        name: String? = nil,
        email: String? = nil,
        status: Client.Status = .active,
        capital: String = "100000",
        groups: [String] = []
    ) -> ClientDraft {
        ClientDraft(
            trader: trader ?? self.trader,
            code: code,
            name: name ?? "Client \(code)",
            email: email,
            status: status,
            capital: Money(rupees: capital) ?? .zero,
            part: nil,
            groups: groups
        )
    }

    /// A client that was just made.
    func client(_ code: String, capital: String = "100000", email: String? = nil) async throws
        -> Client
    {
        let made = try await accounts.createClient(
            draft(code, email: email, capital: capital),
            by: actor
        )
        return try #require(made)
    }

    /// A line of an import.
    func row(
        _ code: String,
        trader: TraderID? = nil,
        name: String? = nil,
        email: String? = nil,
        status: Client.Status = .active,
        capital: String = "100000",
        groups: [String] = [],
        broker: BrokerName? = nil,
        number: String? = nil,
        token: String? = nil,
        ends: Timestamp? = nil
    ) -> ClientImport {
        ClientImport(
            draft: draft(
                code,
                trader: trader,
                name: name,
                email: email,
                status: status,
                capital: capital,
                groups: groups
            ),
            broker: broker,
            brokerClientID: number,
            token: token.map { Secret($0) },
            sessionEnds: ends
        )
    }

    func connect(
        _ client: ClientID,
        _ broker: BrokerName = .dhan,
        number: String = "1000000001",
        token: String = "token"
    ) async throws -> BrokerAccount? {
        try await accounts.connect(
            AccountDraft(
                client: client,
                broker: broker,
                brokerClientID: number,
                token: Secret(token),
                sessionEnds: nil,
                egress: nil
            ),
            by: actor
        )
    }

    func page(
        status: Client.Status? = nil,
        group: String? = nil,
        text: String? = nil,
        after: ClientID? = nil,
        limit: Int = 100
    ) async throws -> [ClientDetails] {
        try await accounts.clients(
            ClientQuery(
                trader: trader,
                status: status,
                group: group,
                text: text,
                after: after,
                limit: limit
            )
        )
    }

    func listing(
        _ symbol: String,
        exchange: ExchangeName = .nse,
        name: String = "Name",
        isin: String? = nil,
        series: String = "EQ",
        tick: String = "0.05",
        code: String = "1",
        freeze: Int64? = nil,
        circuits: (String, String)? = nil,
        price: String? = nil
    ) -> InstrumentListing {
        InstrumentListing(
            exchange: exchange,
            symbol: symbol,
            name: name,
            isin: isin,
            series: series,
            lot: Quantity(1),
            tick: Price(rupees: tick) ?? Price(raw: 500),
            freezeQuantity: freeze.map { Quantity($0) },
            lowerCircuit: circuits.flatMap { Price(rupees: $0.0) },
            upperCircuit: circuits.flatMap { Price(rupees: $0.1) },
            price: price.flatMap { Price(rupees: $0) },
            segment: "NSE_EQ",
            code: code
        )
    }
}

extension PostgresInstrumentStore {
    /// Loads a list that is all there; gives how many instruments were new or changed.
    func load(_ listings: [InstrumentListing], of broker: BrokerName, by actor: Actor) async throws
        -> Int?
    {
        let load = try await load(
            InstrumentList(listings),
            of: broker,
            acceptingShort: true,
            by: actor
        )
        guard case .stored(let changed) = load else { return nil }
        return changed
    }
}
