import Testing
import Trading

@Suite("Sessions")
struct SessionStateTests {
    /// 10:00 on a Tuesday in India.
    private let now = CalendarDay(containing: Timestamp(microseconds: 1_795_149_000_000_000))
        .time(10, 0)

    @Test("A session ends at its broker's next time, or so many hours on")
    func ends() {
        let today = CalendarDay(containing: now)
        #expect(SessionLife.hours(24).end(of: now) == today.advanced(by: 1).time(10, 0))
        #expect(SessionLife.until(3, 30).end(of: now) == today.advanced(by: 1).time(3, 30))
        let night = today.time(2, 0)
        #expect(SessionLife.until(3, 30).end(of: night) == today.time(3, 30))
        // One that begins at the very time lives for a day.
        #expect(SessionLife.until(10, 0).end(of: now) == today.advanced(by: 1).time(10, 0))
        #expect(SessionLife.endless.end(of: now) == nil)
    }

    @Test(
        "An address that is lacking or not listed comes before what can wait, and after the login"
    )
    func addresses() {
        func state(
            _ check: SessionCheckResult?,
            expired: Bool = false,
            lacks: Bool = false,
            _ standing: EgressStanding = .unknown
        ) -> SessionState {
            SessionState(
                isExpired: expired,
                ends: nil,
                check: check,
                lacksEgress: lacks,
                standing: standing,
                now: now,
                close: nil
            )
        }
        #expect(state(.good, .notRegistered) == .wrongAddress)
        #expect(state(.good, lacks: true) == .noAddress)
        #expect(state(nil, lacks: true, .notRegistered) == .noAddress)
        #expect(state(.good, expired: true, .notRegistered) == .mustLogIn)
        #expect(state(.ended, lacks: true) == .mustLogIn)
        #expect(state(.refused, lacks: true) == .refused)
        #expect(state(.unreachable, .notRegistered) == .wrongAddress)
        #expect(state(.good, .registered) == .ready && state(.good) == .ready)
    }

    private struct Case: Sendable {
        let isExpired: Bool
        let ends: Int64?
        let check: SessionCheckResult?
        let state: SessionState

        init(
            _ state: SessionState,
            expired isExpired: Bool = false,
            ends: Int64? = nil,
            _ check: SessionCheckResult? = .good
        ) {
            self.isExpired = isExpired
            self.ends = ends
            self.check = check
            self.state = state
        }
    }

    @Test("What an account is said to be is what must be done about it first")
    func states() {
        let close = now.advanced(by: .seconds(3_600))
        let cases = [
            Case(.ready), Case(.ready, ends: 3_600), Case(.unchecked, nil),
            Case(.mustLogIn, expired: true), Case(.mustLogIn, ends: 0), Case(.mustLogIn, .ended),
            Case(.mustLogIn, ends: -1, .refused), Case(.refused, ends: 9, .refused),
            Case(.endsEarly, ends: 3_599), Case(.endsEarly, ends: 60, nil),
            Case(.endsEarly, ends: 60, .unreachable), Case(.unreachable, ends: 7_200, .unreachable),
        ]
        for one in cases {
            let state = SessionState(
                isExpired: one.isExpired,
                ends: one.ends.map { now.advanced(by: .seconds($0)) },
                check: one.check,
                now: now,
                close: close
            )
            #expect(state == one.state, "\(one)")
        }
        // Where the market never closes, nothing ends too early.
        let state = SessionState(
            isExpired: false,
            ends: now.advanced(by: .seconds(1)),
            check: .good,
            now: now,
            close: nil
        )
        #expect(state == .ready)
    }
}
