package import Desk
import JSON
import Postgres
package import Trading

/// Changes of a client.
extension PostgresAccountStore {
    package func updateClient(_ id: ClientID, _ change: ClientChange, by actor: Actor)
        async throws(StoreFailure) -> ClientUpdate
    {
        try await pool.transact { transaction in
            let key = [PostgresValue.int(id.raw)]
            let rows = try await transaction.begin(
                [(ClientStatements.lock, key)]
                    + (change.capital == nil ? [] : [(ClientStatements.lockFunds, key)])
            )
            guard let row = rows[0].first else {
                return .notFound
            }
            var columns = Columns(row)
            let revision = Revision(
                of: try Client(reading: &columns),
                groups: columns.texts(),
                mayTrade: columns.bool(),
                change
            )
            var writes = revision.isEmpty ? [] : [revision.write, revision.audit(by: actor)]
            if change.capital != nil {
                guard let row = rows[1].first else {
                    throw StoreFailure.broken("client \(id) has no funds row")
                }
                var columns = Columns(row)
                var funds = Funds(reading: &columns)
                guard let transfers = revision.transfers(in: &funds) else {
                    return .notEnoughFreeCash
                }
                if !transfers.isEmpty { writes += Self.moves(transfers, making: funds, of: id) }
            }
            let answers = try await transaction.commit(writes + ClientReading.calls(for: id))
            let read = Array(answers.suffix(3))
            let details = try ClientReading.details(
                clients: read[0],
                accounts: read[1],
                holdings: read[2]
            )
            guard let client = details.first else {
                throw StoreFailure.broken("client \(id) is gone after its change")
            }
            return .changed(client)
        }
    }

    private static func moves(_ transfers: [Transfer], making funds: Funds, of client: ClientID)
        -> [Call]
    {
        let balances: [PostgresValue] = Funds.columnOrder.map { .ints([funds[$0].paise]) }
        return [
            (LedgerStatements.updateFunds, [.ints([client.raw])] + balances),
            NewClient.transferWrite(transfers.map { (client, $0) }),
        ]
    }
}

/// A client before and after a change.
private struct Revision {
    private let old: Client
    private let new: Client
    private let oldGroups: [String]
    private let newGroups: [String]
    private let couldTrade: Bool
    private let mayTrade: Bool

    init(of client: Client, groups: [String], mayTrade: Bool, _ change: ClientChange) {
        couldTrade = mayTrade
        self.mayTrade = change.mayTrade ?? mayTrade
        old = client
        oldGroups = groups
        newGroups = change.groups ?? groups
        new = Client(
            id: client.id,
            trader: client.trader,
            code: client.code,
            name: change.name ?? client.name,
            email: change.email ?? client.email,
            status: change.status ?? client.status,
            capital: change.capital ?? client.capital,
            part: change.part ?? client.part
        )
    }

    /// Whether nothing is different after it.
    var isEmpty: Bool {
        old == new && oldGroups == newGroups && couldTrade == mayTrade
    }

    /// Pays the difference of the capital in or out; nil where so much cash is not free.
    func transfers(in funds: inout Funds) -> [Transfer]? {
        new.capital < old.capital
            ? funds.withdraw(old.capital - new.capital) : funds.deposit(new.capital - old.capital)
    }

    var write: Call {
        (
            ClientStatements.update,
            [
                .int(new.id.raw), .text(new.name), .optional(new.email),
                .text(new.status.rawValue), .int(new.capital.paise),
                .optional(new.part.map { Int64($0.raw) }), .texts(newGroups),
                .bool(mayTrade),
            ]
        )
    }

    /// What was before and after of each field that changed.
    func audit(by actor: Actor) -> Call {
        let isArchived = new.status == .archived && old.status != .archived
        let entry = AuditEntry(
            isArchived ? .clientArchived : .clientUpdated,
            trader: new.trader,
            client: new.id
        ) { writer in
            func note(_ field: String, _ before: String?, _ after: String?) {
                guard before != after else { return }
                writer.key(field)
                writer.beginObject()
                writer.fieldOrNull("from", before)
                writer.fieldOrNull("to", after)
                writer.endObject()
            }
            note("name", old.name, new.name)
            note("email", old.email, new.email)
            note("status", old.status.rawValue, new.status.rawValue)
            note("capital", old.capital.rupees, new.capital.rupees)
            note("part", old.part?.percent, new.part?.percent)
            note("may_trade", "\(couldTrade)", "\(mayTrade)")
            note("groups", oldGroups.joined(separator: ", "), newGroups.joined(separator: ", "))
        }
        return AuditEntry.write([entry], by: actor)
    }
}
