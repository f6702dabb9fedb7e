package import Desk
import JSON
import Postgres
package import Trading

/// New clients, one or ten thousand: the same statements, a fixed number of round trips.
extension PostgresAccountStore {
    package func createClient(_ draft: ClientDraft, by actor: Actor) async throws(StoreFailure)
        -> Client?
    {
        try await pool.transact { transaction in
            let ids = try await transaction.begin([(ClientStatements.newIDs, [.int(1)])])
            let new = NewClient(draft, id: ClientID(ids[0][0].int(0)))
            let stored = try await transaction.connection.query(
                ClientStatements.insert,
                NewClient.columns([new])
            )
            guard !stored.isEmpty else {
                return nil
            }
            try await transaction.commit(
                NewClient.deposits([new])
                    + [AuditEntry.write([new.audit(isImported: false)], by: actor)]
            )
            return new.client
        }
    }

    /// A broker account is made where both its broker and its number are given.
    ///
    /// Without a token it is not connected. Of rows that would take the same code or account the
    /// first one is stored.
    package func importClients(_ drafts: [ClientImport], by actor: Actor)
        async throws(StoreFailure) -> [ClientID?]
    {
        guard !drafts.isEmpty else { return [] }
        return try await pool.transact { transaction in
            let rows = try await transaction.begin(Self.questions(about: drafts))
            let chosen = Self.firstOfEach(
                drafts,
                takenCodes: Set(rows[1].map { Int($0.int(0)) - 1 }),
                takenAccounts: Set(rows[2].map { Int($0.int(0)) - 1 })
            )
            // Sorted, since a later row never gets a lower id then.
            let ids = rows[3].map { ClientID($0.int(0)) }.sorted()
            let accountIDs = rows[4].map { AccountID($0.int(0)) }.sorted()
            let new = chosen.map { NewClient(drafts[$0].draft, id: ids[$0]) }
            let stored = try await transaction.connection.query(
                ClientStatements.insert,
                NewClient.columns(new)
            )
            let storedIDs = Set(stored.map { ClientID($0.int(0)) })
            let places = chosen.filter { storedIDs.contains(ids[$0]) }
            let clients = new.filter { storedIDs.contains($0.client.id) }
            let accounts = places.compactMap { place in
                NewAccount(
                    drafts[place],
                    id: accountIDs[place],
                    client: ids[place],
                    sealedWith: secrets
                )
            }
            let audit =
                clients.map { $0.audit(isImported: true) } + accounts.map(\.audit)
                + [Self.summary(asked: drafts.count, stored: clients.count)]
            try await transaction.commit(
                NewClient.deposits(clients)
                    + [
                        (AccountStatements.insert, NewAccount.columns(accounts)),
                        AuditEntry.write(audit, by: actor),
                    ]
            )
            return ids.indices.map { storedIDs.contains(ids[$0]) ? ids[$0] : nil }
        }
    }

    /// Lock, what is taken, and more than enough ids.
    private static func questions(about drafts: [ClientImport]) -> [Call] {
        let count = PostgresValue.int(Int64(drafts.count))
        return [
            (AccountStatements.lock, []),
            (
                ClientStatements.taken,
                [.ints(drafts.map(\.draft.trader.raw)), .texts(drafts.map(\.draft.code))]
            ),
            (
                AccountStatements.taken,
                [
                    .optionalTexts(drafts.map { $0.accountKey?.broker }),
                    .optionalTexts(drafts.map { $0.accountKey?.number }),
                ]
            ),
            (ClientStatements.newIDs, [count]),
            (AccountStatements.newIDs, [count]),
        ]
    }

    /// The places of the rows whose code and account are free, also of the rows before.
    private static func firstOfEach(
        _ drafts: [ClientImport],
        takenCodes: Set<Int>,
        takenAccounts: Set<Int>
    ) -> [Int] {
        struct Code: Hashable {
            let trader: TraderID
            let code: String
        }
        var codes: Set<Code> = []
        var accounts: Set<ClientImport.AccountKey> = []
        return drafts.indices.filter { place in
            let draft = drafts[place]
            let code = Code(trader: draft.draft.trader, code: draft.draft.code)
            guard !takenCodes.contains(place), !takenAccounts.contains(place),
                !codes.contains(code), draft.accountKey.map(accounts.contains) != true
            else { return false }
            codes.insert(code)
            if let key = draft.accountKey { accounts.insert(key) }
            return true
        }
    }

    private static func summary(asked: Int, stored: Int) -> AuditEntry {
        AuditEntry(.clientsImported) {
            $0.field("rows", asked)
            $0.field("stored", stored)
        }
    }
}
