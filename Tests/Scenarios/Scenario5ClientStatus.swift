import JSON
import ServerTesting
import StackTesting
import Testing

/// Scenario 5: one client is active, one on holiday, one not yet cleared; a trade for all meets
/// the first and names the others with their reasons.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Scenario5ClientStatus {
    @Test func `inactive and pending clients are skipped with a reason`() async throws {
        try await Office.open { office in
            try await office.market("RELIANCE", at: "2500.00")
            let clients = try await office.admit([
                .init(name: "Client A", capital: 500_000),
                .init(name: "Client B", capital: 300_000, status: "inactive"),
                .init(name: "Client C", capital: 0, status: "pending"),
            ])

            // The list shows who is what.
            let listed = try await office.trader.get("/api/v1/clients").list("clients")
            #expect(
                listed.compactMap { $0["status"]?.string } == ["active", "inactive", "pending"]
            )

            // A fifth of the capital, for all.
            let task = try await office.trade([
                "symbol": "RELIANCE", "side": "BUY", "percent": "20", "clients": "all",
            ])
            let rows = try await office.rows(of: task, filled: 1)
            let byClient = Dictionary(
                uniqueKeysWithValues: rows.map { ($0["client_id"]?.int64 ?? 0, $0) }
            )
            #expect(byClient[clients[0]]?["status"]?.string == "success")
            #expect(byClient[clients[0]]?["filled_quantity"]?.int64 == 40)
            #expect(byClient[clients[1]]?["status"]?.string == "skipped")
            #expect(byClient[clients[1]]?["reason_code"]?.string == "client_inactive")
            #expect(byClient[clients[2]]?["status"]?.string == "skipped")
            #expect(byClient[clients[2]]?["reason_code"]?.string == "client_pending")

            // Back from holiday, the client takes part in the next trade.
            let back = try await office.trader.send(
                "PATCH",
                "/api/v1/clients/\(clients[1])",
                ["status": "active"]
            )
            #expect(back.status == 200)
            let next = try await office.trade([
                "symbol": "RELIANCE", "side": "BUY", "percent": "20", "clients": "all",
            ])
            _ = try await office.rows(of: next, filled: 2)
        }
    }
}
