import Desk
package import Postgres
package import Secrets
import Synchronization
import Trading

/// Intents, attempts and their money in PostgreSQL: the authority on what was sent.
///
/// 1. Every function is one transaction in two round trips: lock and read, decide in memory, write
///    and commit. Nothing is written one row at a time.
/// 2. Locks are taken in the order task < funds < intent, each sorted by id. A client's funds row
///    guards all its money and shares; an intent's row guards the intent and its attempts.
/// 3. What was decided under the locks is written as absolute values.
/// 4. Tokens are decrypted after the commit, and never written anywhere.
package final class PostgresOrderStore: OrderStore {
    /// How the store behaves where the port leaves it open.
    package struct Policy: Sendable {
        /// An intent that was provably not sent so often is given up.
        package var maximumAttempts: Int16 = 20
        /// How long after a lease the scheduler looks for an attempt that nobody recorded.
        package var abandonedAfterLease: Duration = .seconds(5)
        /// How long a published READY intent may wait before its message counts as lost.
        package var forgottenAfter: Duration = .seconds(30)
        /// How long a message that was published again is given: long, since a queue that is
        /// merely slow must not be filled with copies.
        package var nextMessage: Duration = .seconds(120)
        /// How long a look that is being made is given before it is due again.
        package var nextLook: Duration = .seconds(15)
        /// Whether nothing is sent for an account that has no address or proxy of its own.
        package var requiresEgress = false

        package init() {}
    }

    let pool: PostgresPool
    let secrets: SecretBox
    let policy: Policy
    private let knownMark = Mutex<String?>(nil)

    package init(pool: PostgresPool, secrets: SecretBox, policy: Policy = Policy()) {
        self.pool = pool
        self.secrets = secrets
        self.policy = policy
    }

    private static let readMark = PostgresStatement("SELECT mark FROM installation")

    /// The letters that tell this database's references from another's; read once.
    func mark() async throws(StoreFailure) -> String {
        if let mark = knownMark.withLock(\.self) { return mark }
        guard let mark = try await pool.ask(Self.readMark).first?.text(0) else {
            throw .broken("the installation has no mark")
        }
        knownMark.withLock { $0 = mark }
        return mark
    }
}
