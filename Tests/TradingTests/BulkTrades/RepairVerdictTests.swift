import Testing
import Trading

@Suite struct RepairVerdictTests {
    private func verdict(
        _ state: OrderState,
        _ reason: Reason? = nil,
        filled: Int64 = 0,
        mayBeAlive: Bool = false
    ) -> RepairVerdict {
        RepairVerdict(
            state: state,
            reason: reason,
            filled: Quantity(filled),
            mayBeAlive: mayBeAlive
        )
    }

    @Test(
        "Only SKIPPED and REJECTED orders of which nothing is filled may be placed",
        arguments: OrderState.allCases
    )
    func states(state: OrderState) {
        let isProven = state == .skipped || state == .rejected
        #expect((verdict(state) == .place) == isProven)
        #expect(verdict(state, filled: 1) != .place)
        #expect(verdict(state, mayBeAlive: true) != .place)
    }

    @Test("UNKNOWN is never placed, whatever its reason", arguments: Reason.allCases)
    func unknown(reason: Reason) {
        #expect(verdict(.unknown, reason) == .unknown)
        #expect(verdict(.sending, reason) == .pending)
    }

    @Test("What somebody withdrew stays withdrawn, and an operator's word is no proof")
    func wishes() {
        #expect(verdict(.skipped, .taskCancelled) == .withdrawn)
        #expect(verdict(.skipped, .orderCancelled) == .withdrawn)
        #expect(verdict(.rejected, .decidedNotPlaced) == .decided)
        #expect(verdict(.rejected, .provenNotPlaced) == .place)
        #expect(verdict(.skipped, .haltedClient) == .place)
    }
}
