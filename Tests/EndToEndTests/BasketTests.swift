import Foundation
import JSON
import ServerTesting
import StackTesting
import Testing

/// Baskets and undoings from the command line to the simulated brokers' books and back.
@Suite("Baskets", .needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(10)))
struct BasketTests {
    @Test("Sales go first, client by client; what was bought is then taken back")
    func sellsFirst() async throws {
        try await Stack.with { stack in
            for role in ["worker", "worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "40"])
            try await stack.run(["submit", "SBIN", "buy", "--percent", "60", "--watch"])
            try await stack.waitForFills()
            let file = stack.folder.appendingPathComponent("legs.csv")
            // Without what the sales bring, nobody could pay for this.
            try "symbol,side,percent\nTCS,buy,80\nSBIN,sell,100\n"
                .write(to: file, atomically: true, encoding: .utf8)
            let basket = try await stack.json(
                ["basket", "--file", file.path, "--sequence", "sells_first", "--watch"]
            )
            try await stack.waitForFills()
            let legs = try #require(basket["legs"]?.array)
            let bought = legs[0]["counts"]?["success"]?.int64 ?? 0
            let sold = legs[1]["counts"]?["success"]?.int64 ?? 0
            #expect(sold > 30 && bought == sold)
            let buy = try #require(legs[0]["task_id"]?.int64)
            // No purchase was claimed before its client's sale was booked.
            #expect(
                try await stack.count(
                    """
                    SELECT count(*) FROM order_intent b
                    JOIN order_attempt a ON a.intent_id = b.id
                    JOIN bulk_task t ON t.id = b.task_id
                    JOIN bulk_task x ON x.basket_id = t.basket_id AND x.side = 'SELL'
                    JOIN order_intent s ON s.task_id = x.id AND s.client_id = b.client_id
                    JOIN fill f ON f.intent_id = s.id
                    WHERE t.id = \(buy) AND a.sent_at < f.booked_at
                    """
                ) == 0
            )
            try await stack.run(["admin", "check-ledger"])

            let offer = try await stack.json(["undo", "\(buy)", "--watch"])
            #expect(offer["state"]?.string == "READY")
            let mark = try #require(offer["preflight"]?.string)
            try await stack.run(["undo", "\(buy)", "--confirm", mark, "--watch"])
            try await stack.waitForFills()
            #expect(
                try await stack.count("SELECT coalesce(sum(quantity), 0)::bigint FROM holding") == 0
            )
            // Confirmed again, it is the same trade.
            let again = try await stack.json(["undo", "\(buy)", "--confirm", mark])
            #expect(
                try await stack.count("SELECT undo_task_id FROM task_undo")
                    == again["task_id"]?.int64
            )
            try await stack.run(["demo", "verify", "--all"])
            try await stack.run(["admin", "check-ledger"])
        }
    }
}

extension Stack {
    /// Waits until no order is at a broker any more.
    func waitForFills() async throws {
        try await eventually {
            try await self.count(
                """
                SELECT count(*) FROM order_intent
                WHERE state IN ('READY', 'SENDING', 'UNKNOWN', 'ACCEPTED', 'OPEN', 'PARTLY_FILLED',
                                'CANCEL_REQUESTED')
                """
            ) == 0
        }
    }
}
