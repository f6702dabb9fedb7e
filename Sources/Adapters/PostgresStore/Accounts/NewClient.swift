import Desk
import JSON
import Postgres
import Trading

/// A client that is about to be stored, with the money that comes with it.
struct NewClient {
    let client: Client
    private let groups: [String]
    private let funds: Funds
    private let transfers: [Transfer]

    init(_ draft: ClientDraft, id: ClientID) {
        client = Client(
            id: id,
            trader: draft.trader,
            code: draft.code,
            name: draft.name,
            email: draft.email,
            status: draft.status,
            capital: draft.capital,
            part: draft.part
        )
        groups = draft.groups
        var funds = Funds()
        transfers = funds.deposit(draft.capital)
        self.funds = funds
    }

    /// The values of `ClientStatements.insert`.
    static func columns(_ new: [NewClient]) -> [PostgresValue] {
        let clients = new.map(\.client)
        let groups = new.flatMap { new in new.groups.map { (new.client.id, $0) } }
        return [
            .ints(clients.map(\.id.raw)), .ints(clients.map(\.trader.raw)),
            .texts(clients.map(\.code)), .texts(clients.map(\.name)),
            .optionalTexts(clients.map(\.email)), .texts(clients.map(\.status.rawValue)),
            .ints(clients.map(\.capital.paise)),
            .optionalInts(clients.map { $0.part.map { Int64($0.raw) } }),
            .ints(groups.map(\.0.raw)), .texts(groups.map(\.1)),
        ]
    }

    /// The calls that give these clients their balances and write down where they came from.
    static func deposits(_ new: [NewClient]) -> [Call] {
        let transfers = new.flatMap { new in new.transfers.map { (new.client.id, $0) } }
        return [
            (
                ClientStatements.insertFunds,
                [
                    .ints(new.map(\.client.id.raw)), .ints(new.map(\.funds.available.paise)),
                    .ints(new.map(\.funds.deposited.paise)),
                ]
            ),
            transferWrite(transfers),
        ]
    }

    /// The call that writes transfers that belong to no order.
    static func transferWrite(_ transfers: [(client: ClientID, transfer: Transfer)]) -> Call {
        (
            ClientStatements.insertTransfers,
            [
                .ints(transfers.map(\.client.raw)),
                .texts(transfers.map(\.transfer.kind.rawValue)),
                .texts(transfers.map(\.transfer.debit.rawValue)),
                .texts(transfers.map(\.transfer.credit.rawValue)),
                .ints(transfers.map(\.transfer.amount.paise)),
            ]
        )
    }

    func audit(isImported: Bool) -> AuditEntry {
        AuditEntry(.clientCreated, trader: client.trader, client: client.id) {
            $0.field("code", client.code)
            $0.field("name", client.name)
            $0.fieldOrNull("email", client.email)
            $0.field("status", client.status.rawValue)
            $0.field("capital_paise", client.capital.paise)
            $0.fieldOrNull("part_bp", client.part?.raw)
            $0.key("groups")
            $0.beginArray()
            for group in groups { $0.string(group) }
            $0.endArray()
            if isImported { $0.field("imported", true) }
        }
    }
}
