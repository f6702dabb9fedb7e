package import Desk
import Synchronization
package import Trading

/// The audit log and its seals in memory, with transactions that take ids before they commit.
package final class MemoryAuditLog: Sendable {
    /// The tables, open to whoever tampers with them.
    package struct Tables: Sendable {
        package var rows: [AuditRecord] = []
        package var seals: [AuditSeal] = []
        package var marks: [Int64: [UInt8]] = [:]
        var highestID: Int64 = 0
        var running: [String: [AuditRecord]] = [:]
    }

    private let tables = Mutex(Tables())

    package init() {}

    /// Changes the tables past all that guards them.
    package func tamper(_ body: (inout Tables) -> Void) { tables.withLock { body(&$0) } }

    /// What the tables hold.
    package var content: Tables { tables.withLock { $0 } }

    /// Begins a transaction, or takes one further: a row with the next id, seen once it commits.
    package func write(_ action: String, in transaction: String, at: Timestamp) {
        tables.withLock { tables in
            tables.highestID += 1
            let row = AuditRecord.sample(tables.highestID, at: at, action: action)
            tables.running[transaction, default: []].append(row)
        }
    }

    /// Ends a transaction: its rows are there.
    package func commit(_ transaction: String) {
        tables.withLock { $0.rows += $0.running.removeValue(forKey: transaction) ?? [] }
    }

    /// Ends a transaction: its ids never become rows.
    package func rollBack(_ transaction: String) {
        _ = tables.withLock { $0.running.removeValue(forKey: transaction) }
    }

    /// One row about a trader's client, now.
    package func addRow(of trader: TraderID, client: ClientID, detail: String) {
        tables.withLock { tables in
            tables.highestID += 1
            tables.rows.append(
                .sample(tables.highestID, trader: trader, client: client, detail: detail)
            )
        }
    }

    /// So many rows, each committed at once, a second apart.
    package func add(_ count: Int, from start: Timestamp = ManualClock.morning) {
        for number in 0..<count {
            write("ACTION", in: "at once", at: start.advanced(by: .seconds(number)))
            commit("at once")
        }
    }
}

extension MemoryAuditLog: AuditLog {
    package func entries(_ query: AuditQuery) async throws(StoreFailure) -> [AuditRecord] {
        let rows = content.rows.filter { row in
            row.at >= query.from && row.at < query.to
                && query.action.map { row.action == $0 } != false
                && query.trader.map { row.trader == $0 } != false
                && query.client.map { row.client == $0 } != false
                && query.user.map { row.user == $0 } != false
                && query.before.map { (row.at, row.id) < ($0.at, $0.id) } != false
        }
        return Array(rows.sorted { ($0.at, $0.id) > ($1.at, $1.id) }.prefix(query.limit))
    }
}

extension MemoryAuditLog: AuditSealStore {
    package func horizon() async throws(StoreFailure) -> AuditHorizon {
        tables.withLock {
            AuditHorizon(highestID: $0.highestID, writers: $0.running.keys.sorted())
        }
    }

    package func hasPassed(_ horizon: AuditHorizon) async throws(StoreFailure) -> Bool {
        tables.withLock { $0.running.keys.allSatisfy { !horizon.writers.contains($0) } }
    }

    package func lastSeal() async throws(StoreFailure) -> AuditSeal? {
        content.seals.max { $0.number < $1.number }
    }

    package func rows(_ ids: ClosedRange<Int64>, _ times: ClosedRange<Timestamp>)
        async throws(StoreFailure) -> [AuditRecord]
    {
        content.rows.filter { ids.contains($0.id) && times.contains($0.at) }
            .sorted { ($0.id, $0.at) < ($1.id, $1.at) }
    }

    package func add(_ seal: AuditSeal, marks: [UInt8]) async throws(StoreFailure) -> Bool {
        tables.withLock { tables in
            guard !tables.seals.contains(where: { $0.number == seal.number }) else { return false }
            tables.seals.append(seal)
            tables.marks[seal.number] = marks
            return true
        }
    }

    package func seals(after number: Int64, limit: Int) async throws(StoreFailure)
        -> [AuditSeal]
    {
        let seals = content.seals.filter { $0.number > number }
        return Array(seals.sorted { $0.number < $1.number }.prefix(limit))
    }

    package func marks(of number: Int64) async throws(StoreFailure) -> [UInt8] {
        content.marks[number] ?? []
    }

    package func strayRow(within times: Range<Timestamp>) async throws(StoreFailure)
        -> AuditStray?
    {
        let (rows, seals) = (content.rows, content.seals)
        let end = seals.map(\.ids.upperBound).max() ?? 0
        let strays = rows.filter { $0.id <= end && times.contains($0.at) }.compactMap { row in
            let seal = seals.last { $0.ids.lowerBound <= row.id }
            return seal?.times.contains(row.at) == true
                ? nil : AuditStray(id: row.id, seal: seal?.number)
        }
        return strays.min { $0.id < $1.id }
    }

    package func hasRow(_ id: Int64) async throws(StoreFailure) -> Bool {
        content.rows.contains { $0.id == id }
    }

    package func unsealed(after id: Int64, since: Timestamp) async throws(StoreFailure)
        -> UnsealedAudit
    {
        let rows = content.rows.filter { $0.id > id && $0.at >= since }
        return UnsealedAudit(count: Int64(rows.count), oldest: rows.map(\.at).min())
    }
}

extension AuditRecord {
    /// A row as a trader's order leaves it.
    package static func sample(
        _ id: Int64,
        at: Timestamp = ManualClock.morning,
        action: String = "ACTION",
        user: UserID? = nil,
        trader: TraderID? = nil,
        client: ClientID? = nil,
        detail: String? = #"{"line": "₹1,250"}"#
    ) -> AuditRecord {
        AuditRecord(
            id: id,
            at: at,
            user: user,
            address: user == nil ? nil : "192.0.2.7",
            action: action,
            trader: trader,
            client: client,
            task: nil,
            intent: nil,
            state: nil,
            detail: detail
        )
    }

    /// The same row with another action, or at another time.
    package func changed(action: String? = nil, at: Timestamp? = nil) -> AuditRecord {
        .sample(
            id,
            at: at ?? self.at,
            action: action ?? self.action,
            user: user,
            trader: trader,
            client: client,
            detail: detail
        )
    }
}
