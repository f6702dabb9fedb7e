import Testing
import Trading

@Suite struct CancelRuleTests {
    @Test("What had ended before is told as that, whatever it is now")
    func alreadyFinal() {
        for found in OrderState.allCases where found.isFinal {
            for now in OrderState.allCases {
                let result = CancelResult.of(found: found, now: now, isRefused: false)
                #expect(result == .alreadyFinal, "\(found) \(now)")
            }
        }
    }

    @Test(
        "What was open is told by what became of it",
        arguments: [
            (.ready, .skipped, .withdrawn), (.sending, .skipped, .withdrawn),
            (.sending, .rejected, .notPlaced), (.unknown, .rejected, .notPlaced),
            (.open, .rejected, .alreadyFinal), (.open, .expired, .alreadyFinal),
            (.open, .cancelled, .cancelled), (.unknown, .cancelled, .cancelled),
            (.partlyFilled, .filled, .filled), (.unknown, .unknown, .unknown),
            (.sending, .sending, .asked), (.accepted, .cancelRequested, .asked),
        ] as [(OrderState, OrderState, CancelResult)]
    )
    func results(found: OrderState, now: OrderState, result: CancelResult) {
        #expect(CancelResult.of(found: found, now: now, isRefused: false) == result)
    }

    @Test("A refusal is told while the order lives, and no longer")
    func refused() {
        #expect(CancelResult.of(found: .open, now: .open, isRefused: true) == .refused)
        #expect(CancelResult.of(found: .open, now: .partlyFilled, isRefused: true) == .refused)
        #expect(CancelResult.of(found: .open, now: .filled, isRefused: true) == .filled)
        #expect(CancelResult.of(found: .open, now: .cancelled, isRefused: true) == .cancelled)
    }

    @Test("Every result is over, but where the broker is asked or nobody knows")
    func over() {
        #expect(CancelResult.allCases.filter { !$0.isOver } == [.unknown, .asked])
        #expect(Set(CancelResult.allCases.map(\.sentence)).count == CancelResult.allCases.count)
    }

    @Test("Waits double up to a minute, and stay there")
    func waits() {
        let waits = (1...9).map { CancelSchedule.delay(afterTries: $0) }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
        #expect(CancelSchedule.delay(afterTaken: 1) == .seconds(30))
        #expect(CancelSchedule.delay(afterTaken: 99) == .seconds(300))
    }
}
