import Desk
import FoundationEssentials
import Postgres
import Secrets
import ServerTesting
import Trading

@testable import PostgresStore

extension OrdersDesk {
    /// Runs `body` on a new schema with all migrations applied.
    static func open(connections: Int = 4, _ body: (OrdersDesk) async throws -> Void) async throws {
        try await TestDatabase.withPool(size: connections) { pool in
            for script in try migrations() {
                try await pool.withConnection { try await $0.execute(script: script) }
            }
            try await body(try await OrdersDesk(pool: pool))
        }
    }

    private static func migrations() throws -> [String] {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/migrations"
        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".sql") }.sorted()
            .map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
    }

    /// The stores over an empty schema, with a trader and an instrument that Dhan lists.
    private init(pool: PostgresPool) async throws {
        self.pool = pool
        secrets = SecretBox(key: Self.key)
        orders = PostgresOrderStore(pool: pool, secrets: secrets)
        trades = PostgresTradeStore(pool: pool, brokers: [.dhan, .upstox, .paper])
        outbox = PostgresOutbox(pool: pool)
        func id(_ sql: String, _ values: [PostgresValue] = []) async throws -> Int64 {
            guard let row = try await pool.query(PostgresStatement(sql), values).first else {
                throw Unexpected("no row")
            }
            return row.int(0)
        }
        trader = ID(try await id("INSERT INTO trader (name) VALUES ('T') RETURNING id"))
        user = ID(
            try await id(
                """
                INSERT INTO app_user (email, name, role, trader_id, password_hash)
                VALUES ('t@example.com', 'T', 'trader', $1, '') RETURNING id
                """,
                [.int(trader.raw)]
            )
        )
        let instrument = try await id(
            """
            INSERT INTO instrument (exchange, symbol, series, name, isin, lot, tick)
            VALUES ('NSE', 'RELIANCE', 'EQ', 'Reliance', 'INE002A01018', 1, 500) RETURNING id
            """
        )
        _ = try await id(
            """
            INSERT INTO broker_instrument (broker, instrument_id, segment, code)
            VALUES ('dhan', $1, 'NSE_EQ', '2885') RETURNING instrument_id
            """,
            [.int(instrument)]
        )
        share = Instrument(
            id: ID(instrument),
            exchange: .nse,
            symbol: "RELIANCE",
            name: "Reliance",
            isin: "INE002A01018",
            lot: Quantity(1),
            tick: Price(raw: 500),
            freezeQuantity: nil,
            lowerCircuit: nil,
            upperCircuit: nil
        )
    }
}
