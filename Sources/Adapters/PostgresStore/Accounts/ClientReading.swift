import Desk
import Postgres
import Trading

/// Reads clients with all that belongs to them: one query for the clients, one for all of their
/// accounts, one for all of their holdings, however many they are.
enum ClientReading {
    /// The columns that `Client.init(reading:)` reads, of `client c`.
    static let clientColumns =
        "c.id, c.trader_id, c.code, c.name, c.email, c.status, c.capital, c.part_bp"
    /// What a page reads: the client, the rest of its row, and its funds.
    private static let pageColumns = """
        \(clientColumns), c.groups, c.created_at, c.updated_at, c.may_trade,
        \(Funds.columns(of: "f"))
        """
    private static let one = PostgresStatement(
        """
        SELECT \(pageColumns) FROM client c JOIN funds f ON f.client_id = c.id WHERE c.id = $1
        """
    )
    private static let accounts = PostgresStatement(
        """
        SELECT \(BrokerAccount.columns) FROM broker_account a
        WHERE a.client_id = ANY ($1::bigint[]) ORDER BY a.id
        """
    )
    private static let holdings = PostgresStatement(
        """
        SELECT h.client_id, h.instrument_id, h.product, n.symbol, h.quantity, h.reserved, h.cost, h.borrowed
        FROM holding h JOIN instrument n ON n.id = h.instrument_id
        WHERE h.client_id = ANY ($1::bigint[]) AND h.quantity > 0
        ORDER BY n.symbol, n.id, h.product
        """
    )

    /// The calls that read one client; their rows go to `details`.
    static func calls(for client: ClientID) -> [Call] {
        [(one, [.int(client.raw)])] + belongings(of: [client])
    }

    /// The calls that read what belongs to these clients.
    static func belongings(of clients: [ClientID]) -> [Call] {
        let ids = PostgresValue.ints(clients.map(\.raw))
        return [(accounts, [ids]), (holdings, [ids])]
    }

    /// The statement of one page.
    ///
    /// Only conditions that are asked for are in it, so that the server can use its indexes; the
    /// values are parameters always. Text is searched for literally.
    static func page(_ query: ClientQuery) -> Call {
        var values: [PostgresValue] = [
            .int(query.after?.raw ?? 0), .int(Int64(max(0, query.limit))),
        ]
        var conditions = ["c.id > $1"]
        func demand(_ value: PostgresValue, _ condition: (String) -> String) {
            values.append(value)
            conditions.append(condition("$\(values.count)"))
        }
        if let trader = query.trader { demand(.int(trader.raw)) { "c.trader_id = \($0)" } }
        if let status = query.status { demand(.text(status.rawValue)) { "c.status = \($0)" } }
        if let group = query.group { demand(.text(group)) { "\($0) = ANY (c.groups)" } }
        if let text = query.text {
            demand(.text(text)) { text in
                let columns = ["c.code", "c.name", "coalesce(c.email, '')"]
                let found = columns.map { "strpos(lower(\($0)), lower(\(text))) > 0" }
                return "(\(found.joined(separator: " OR ")))"
            }
        }
        let statement = PostgresStatement(
            """
            SELECT \(pageColumns) FROM client c JOIN funds f ON f.client_id = c.id
            WHERE \(conditions.joined(separator: " AND "))
            ORDER BY c.id LIMIT $2::bigint
            """
        )
        return (statement, values)
    }

    /// The clients of these rows, each with its accounts and holdings.
    static func details(
        clients: PostgresRows,
        accounts: PostgresRows,
        holdings: PostgresRows
    ) throws(StoreFailure) -> [ClientDetails] {
        var accountsByClient: [ClientID: [BrokerAccount]] = [:]
        for row in accounts {
            var columns = Columns(row)
            let account = try BrokerAccount(reading: &columns)
            accountsByClient[account.client, default: []].append(account)
        }
        var holdingsByClient: [ClientID: [ClientHolding]] = [:]
        for row in holdings {
            var columns = Columns(row)
            let client: ClientID = columns.id()
            let holding = ClientHolding(
                try ShareKey(reading: &columns),
                symbol: columns.text(),
                holding: Holding(
                    quantity: columns.quantity(),
                    reserved: columns.quantity(),
                    cost: columns.money(),
                    borrowed: columns.money()
                )
            )
            holdingsByClient[client, default: []].append(holding)
        }
        var all: [ClientDetails] = []
        all.reserveCapacity(clients.count)
        for row in clients {
            var columns = Columns(row)
            let client = try Client(reading: &columns)
            let groups = columns.texts()
            let (createdAt, updatedAt) = (columns.timestamp(), columns.timestamp())
            let mayTrade = columns.bool()
            all.append(
                ClientDetails(
                    client: client,
                    groups: groups,
                    funds: Funds(reading: &columns),
                    accounts: accountsByClient[client.id] ?? [],
                    holdings: holdingsByClient[client.id] ?? [],
                    createdAt: createdAt,
                    updatedAt: updatedAt,
                    mayTrade: mayTrade
                )
            )
        }
        return all
    }
}

extension Client {
    /// What `ClientReading.clientColumns` read.
    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            id: columns.id(),
            trader: columns.id(),
            code: columns.text(),
            name: columns.text(),
            email: columns.optionalText(),
            status: try columns.word(),
            capital: columns.money(),
            part: columns.optionalInt().map { BasisPoints(Int32($0)) }
        )
    }
}

extension BrokerAccount {
    /// The columns that `init(reading:)` reads, of `broker_account a`; the token is not among them.
    static let columns =
        """
        a.id, a.client_id, a.broker, a.broker_client_id, a.status, a.session_ends, a.egress,
        a.egress_standing
        """

    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            id: columns.id(),
            client: columns.id(),
            broker: try columns.word(),
            brokerClientID: columns.text(),
            status: try columns.word(),
            sessionEnds: columns.optionalTimestamp(),
            egress: columns.optionalText(),
            egressStanding: try columns.word()
        )
    }
}
