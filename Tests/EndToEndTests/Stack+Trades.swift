import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// One client's order as the command line shows it among a trade's results.
struct TradeRow {
    let client: Int64
    let code: String
    let broker: String
    let state: String
    let reason: String
    let quantity: Int64
    let brokerOrderID: String

    fileprivate init(_ row: JSONValue) {
        client = row["client_id"]?.int64 ?? 0
        code = row["client_code"]?.string ?? ""
        broker = row["broker"]?.string ?? ""
        state = row["state"]?.string ?? ""
        reason = row["reason_code"]?.string ?? ""
        quantity = row["quantity"]?.int64 ?? 0
        brokerOrderID = row["broker_order_id"]?.string ?? ""
    }
}

extension Stack {
    /// A trade's rows.
    func rows(of task: Int64) async throws -> [TradeRow] {
        let found = try await json(["results", "\(task)"])
        return try #require(found["results"]?.array ?? found.array).map(TradeRow.init)
    }

    /// The same once every order has come to its end, fills and all.
    func ended(_ task: Int64) async throws -> [TradeRow] {
        var found: [TradeRow] = []
        try await eventually {
            found = try await rows(of: task)
            return !found.isEmpty
                && found.allSatisfy {
                    ["FILLED", "SKIPPED", "REJECTED", "CANCELLED"].contains($0.state)
                }
        }
        return found
    }

    /// Lets every look by the clock be due long after the test, which this column of a table says;
    /// where its new rows are as the condition has it.
    func forbidTimedLooks(_ column: String, of table: String, where condition: String) async throws
    {
        let script = """
            CREATE FUNCTION no_timed_looks() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.\(column) = now() + interval '1 day';
                RETURN NEW;
            END $$;
            CREATE TRIGGER no_timed_looks BEFORE UPDATE ON \(table) FOR EACH ROW
            WHEN (\(condition)) EXECUTE FUNCTION no_timed_looks();
            """
        try await withDatabase { pool in
            try await pool.withConnection { try await $0.execute(script: script) }
        }
    }
}
