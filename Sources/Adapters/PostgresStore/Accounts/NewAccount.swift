import Desk
import JSON
import Postgres
import Secrets
import Trading

/// A broker account that comes with an imported client.
struct NewAccount {
    private let id: AccountID
    private let client: ClientID
    private let trader: TraderID
    private let key: ClientImport.AccountKey
    /// Sealed; empty where there is none.
    private let token: [UInt8]
    private let sessionEnds: Timestamp?

    /// Nil where the client comes without an account.
    init?(
        _ draft: ClientImport,
        id: AccountID,
        client: ClientID,
        sealedWith secrets: SecretBox
    ) {
        guard let key = draft.accountKey else { return nil }
        self.id = id
        self.client = client
        trader = draft.draft.trader
        self.key = key
        token = draft.token.map { secrets.seal($0, of: id) } ?? []
        sessionEnds = draft.token == nil ? nil : draft.sessionEnds
    }

    /// The values of `AccountStatements.insert`.
    static func columns(_ new: [NewAccount]) -> [PostgresValue] {
        [
            .ints(new.map(\.id.raw)), .ints(new.map(\.client.raw)), .texts(new.map(\.key.broker)),
            .texts(new.map(\.key.number)), .byteArrays(new.map(\.token)),
            .optionalTimestamps(new.map { $0.sessionEnds?.microseconds }),
            .optionalTexts(new.map { _ in nil }), .bool(true),
        ]
    }

    var audit: AuditEntry {
        AuditEntry(.accountConnected, trader: trader, client: client) {
            $0.field("account", id.raw)
            $0.field("broker", key.broker)
            $0.field("broker_client_id", key.number)
            $0.fieldOrNull("session_ends_us", sessionEnds?.microseconds)
            $0.field("imported", true)
            if token.isEmpty { $0.field("without_token", true) }
        }
    }
}

extension ClientImport {
    /// What names an account: nobody else may have the same.
    struct AccountKey: Hashable {
        let broker: String
        let number: String
    }

    /// The account that comes with the client; nil where there is none, as with the paper broker.
    var accountKey: AccountKey? {
        guard let broker, broker != .paper, let number = brokerClientID, !number.isEmpty else {
            return nil
        }
        return AccountKey(broker: broker.rawValue, number: number)
    }
}
