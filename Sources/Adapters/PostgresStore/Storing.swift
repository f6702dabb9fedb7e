import Desk
import Postgres

/// One statement with its values, as the driver's pipeline takes it.
typealias Call = (PostgresStatement, [PostgresValue])

/// One transaction in few round trips: `begin` reads under locks, `commit` writes.
///
/// Whatever is decided between the two is decided under the locks.
struct Transaction: Sendable {
    static let beginning = PostgresStatement("BEGIN ISOLATION LEVEL READ COMMITTED")
    private static let ending = PostgresStatement("COMMIT")
    private static let undoing = PostgresStatement("ROLLBACK")
    let connection: PostgresConnection

    /// Opens the transaction, for the viewer where there is one, and makes these calls, in one round
    /// trip.
    func begin(_ calls: [Call]) async throws -> [PostgresRows] {
        let opening = [(Self.beginning, [])] + Viewer.calls
        return Array(try await connection.pipeline(opening + calls).dropFirst(opening.count))
    }

    /// Makes these calls within the transaction, in one round trip.
    func go(_ calls: [Call]) async throws -> [PostgresRows] {
        try await connection.pipeline(calls)
    }

    /// Makes these calls and commits, in one round trip.
    @discardableResult
    func commit(_ calls: [Call]) async throws -> [PostgresRows] {
        do {
            return try await connection.pipeline(calls + [(Self.ending, [])]).dropLast()
        } catch {
            throw error.leavesCommitInDoubt ? PostgresError.outcomeUnknown : error
        }
    }

    /// Gives up without an error; a connection that cannot even do this is dead, and its
    /// transaction with it.
    func rollBack() async { _ = try? await connection.query(Self.undoing) }
}

extension PostgresPool {
    /// Runs a transaction, and runs it again where the server undid it for the sake of another.
    ///
    /// The body may run several times, so it starts from nothing each time.
    func transact<Result: Sendable>(_ body: (Transaction) async throws -> Result)
        async throws(StoreFailure) -> Result
    {
        var repetitions = 8
        while true {
            do {
                // What a body that throws leaves open, the pool rolls back.
                return try await withConnection { connection in
                    try await body(Transaction(connection: connection))
                }
            } catch {
                guard repetitions > 0, (error as? PostgresError)?.undidTransaction == true else {
                    throw StoreFailure(error)
                }
                repetitions -= 1
                try? await Task.sleep(for: .milliseconds(Int.random(in: 1...20)))
            }
        }
    }

    /// Makes one call outside any transaction of ours.
    func ask(_ statement: PostgresStatement, _ values: [PostgresValue] = [])
        async throws(StoreFailure) -> PostgresRows
    {
        do {
            guard let viewer = Viewer.calls.first else { return try await query(statement, values) }
            // What goes in one pipeline is one transaction.
            return try await pipeline([viewer, (statement, values)])[1]
        } catch {
            throw StoreFailure(error)
        }
    }
}

extension StoreFailure {
    /// Sorts what went wrong by what the caller must do.
    init(_ error: any Error) {
        self =
            switch error {
            case let failure as StoreFailure: failure
            case let error as PostgresError: StoreFailure(postgres: error)
            case is CancellationError: .unavailable("cancelled")
            default: .broken("\(error)")
            }
    }

    private init(postgres error: PostgresError) {
        self =
            switch error {
            case .outcomeUnknown: .outcomeUnknown("\(error)")
            case .unavailable, .connectionLost, .cancelled: .unavailable("\(error)")
            case .server where error.isRetryable: .unavailable("\(error)")
            case .server, .invalidURL: .broken("\(error)")
            }
    }
}

extension PostgresError {
    /// Whether the server rolled back only since another transaction was in the way.
    fileprivate var undidTransaction: Bool {
        guard case .server(let error) = self else { return false }
        // Serialization failure, deadlock, lock not available.
        return ["40001", "40P01", "55P03"].contains(error.sqlState)
    }

    /// Whether a COMMIT that ended so may have been done after all.
    fileprivate var leavesCommitInDoubt: Bool {
        switch self {
        case .connectionLost, .outcomeUnknown: true
        case .server, .cancelled, .unavailable, .invalidURL: false
        }
    }
}
