import Desk
import Testing
import Trading

/// Lost answers to placements of conditional orders, at every broker.
@Suite("Conditional orders: doubt", .timeLimit(.minutes(20)))
struct ConditionalDoubtTests {
    static let placed = [
        "drop_after_booking", "status_504_but_placed", "status_400_but_placed", "garbage_body",
        "reset_mid_body",
    ]
    static let absent = ["drop_before_booking", "status_500", "status_503", "status_429"]

    @Test(
        "One whose answer is lost is in doubt, and the list has it once",
        arguments: ConditionalCase.all,
        placed
    )
    func isThere(_ kind: ConditionalCase, _ fault: String) async throws {
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            try await floor.fault(fault)
            let answer = await floor.broker.place(attempt)
            #expect(answer.isUnanswered, "\(answer)")
            let list = try await floor.broker.conditionalOrders(like: attempt)
            #expect(list.count == 1)
            guard case .found(let report) = kind.search(attempt)(list, known: []) else {
                Issue.record("not found among \(list)")
                return
            }
            #expect(report.status == .waiting)
        }
    }

    @Test(
        "One that never arrived is in doubt, and the list does not have it",
        arguments: ConditionalCase.all,
        absent
    )
    func isAbsent(_ kind: ConditionalCase, _ fault: String) async throws {
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            try await floor.fault(fault)
            let answer = await floor.broker.place(attempt)
            #expect(answer.isUnanswered, "\(answer)")
            let list = try await floor.broker.conditionalOrders(like: attempt)
            #expect(kind.search(attempt)(list, known: []) == .absent)
        }
    }

    @Test("Of two that are alike none is taken for ours", arguments: ConditionalCase.all)
    func ambiguous(_ kind: ConditionalCase) async throws {
        guard !kind.declared.showsReferences else { return }
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            for _ in 0..<2 {
                #expect(await floor.broker.place(attempt).brokerOrderID != nil)
            }
            let list = try await floor.broker.conditionalOrders(like: attempt)
            #expect(kind.search(attempt)(list, known: []) == .ambiguous(2))
        }
    }

    @Test(
        "An error that is declared as proof refuses; the same under another status is a doubt",
        arguments: ConditionalCase.all
    )
    func proofs(_ kind: ConditionalCase) async throws {
        guard let proof = kind.broker.declared.conditional?.refusals.last else { return }
        try await kind.visit { floor in
            for status in [proof.status, 418] {
                try await floor.control(
                    "POST",
                    "/faults",
                    """
                    {"kind":"answer_without_booking","placing":true,"times":1,"status":\(status),\
                    "code":"\(proof.code)"}
                    """
                )
                let answer = await floor.broker.place(kind.attempt(floor))
                let isDeclared = kind.broker.declared.conditional?.refusals.contains {
                    $0.status == status && $0.code == proof.code
                }
                if case .refused = answer {
                    #expect(isDeclared == true)
                } else {
                    #expect(answer.isUnanswered && isDeclared == false, "\(answer)")
                }
            }
        }
    }
}
