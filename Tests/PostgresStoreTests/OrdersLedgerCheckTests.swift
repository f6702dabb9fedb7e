import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OrdersLedgerCheckTests {
    /// What the check says after somebody tampered with a client's filled order.
    private func faults(_ tampering: String...) async throws -> Set<String> {
        var rules: Set<String> = []
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let filled = try await desk.accepted(client: clients[0])
            let fill = desk.traded(filled, "T1", 10, 24_500_000)
            try await desk.apply(filled, .filled, filled: 10, [fill])
            _ = try await desk.sending(client: clients[1])
            try await desk.expectBalance()
            for statement in tampering { try await desk.run(statement) }
            rules = Set(try await PostgresLedgerCheck(pool: desk.pool)().map(\.rule))
        }
        return rules
    }

    @Test func moneyThatMovedWithoutATransferIsFound() async throws {
        let rules = try await faults("UPDATE funds SET available = available - 1, held = held + 1")
        #expect(
            rules == [
                "funds are the sum of transfers: available", "funds are the sum of transfers: held",
                "held funds are the sum of what intents hold",
            ]
        )
    }

    @Test func aTransferThatMovedNoMoneyIsFound() async throws {
        let rules = try await faults(
            """
            INSERT INTO transfer (client_id, kind, debit, credit, amount)
            SELECT min(client_id), 'deposit', 'available', 'deposited', 1 FROM funds
            """
        )
        #expect(
            rules == [
                "funds are the sum of transfers: available",
                "funds are the sum of transfers: deposited",
            ]
        )
    }

    @Test func sharesReservedForNobodyAreFound() async throws {
        let rules = try await faults("UPDATE holding SET reserved = 1")
        #expect(rules == ["reserved shares are the sum of what intents reserve"])
    }

    @Test func sharesThatCostWhatNobodyPaidAreFound() async throws {
        let rules = try await faults("UPDATE holding SET cost = cost + 1")
        #expect(rules == ["invested funds are what the shares held cost"])
    }

    @Test func anOrderFilledWithoutFillsIsFound() async throws {
        let rules = try await faults("UPDATE order_intent SET filled = filled + 1")
        #expect(rules == ["an intent is filled by its fills"])
    }

    @Test func anOrderThatEndedWithItsHoldIsFound() async throws {
        let rules = try await faults(
            "UPDATE order_intent SET state = 'REJECTED' WHERE state = 'SENDING'"
        )
        #expect(rules == ["a final intent holds nothing"])
    }

    @Test func twoLiveAttemptsOrNoneAreFound() async throws {
        let two = try await faults(
            "DROP INDEX order_attempt_alive",
            """
            INSERT INTO order_attempt (intent_id, number, reference, state, worker, lease_until)
            SELECT intent_id, 2, 'X', 'SENDING', 'thief', now() FROM order_attempt
            WHERE state = 'SENDING'
            """
        )
        #expect(two == ["one attempt at most is alive"])
        let none = try await faults(
            "UPDATE order_attempt SET state = 'ABSENT' WHERE state = 'SENDING'"
        )
        #expect(none == ["an intent that was sent has a live attempt"])
    }
}
