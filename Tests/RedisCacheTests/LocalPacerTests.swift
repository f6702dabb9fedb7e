import Desk
import Testing
import Trading

@testable import RedisCache

/// A roster in which this worker's place never changes.
struct FixedRoster: WorkerRoster {
    private let known: WorkerPlace?

    init(_ place: WorkerPlace?) { known = place }

    func place() -> WorkerPlace? { known }
}

/// Pacing without a shared count: what all workers take together.
@Suite("Local pacer")
struct LocalPacerTests {
    private static let limits = [
        RateLimit(calls: 8, seconds: 1), RateLimit(calls: 240, seconds: 60),
        RateLimit(calls: 990, seconds: 3_600),
    ]
    private let clock = HandClock()

    private func pacer(_ place: WorkerPlace?) -> LocalPacer {
        LocalPacer(roster: FixedRoster(place), now: { [clock] in clock.now() })
    }

    private func request(_ limits: [RateLimit] = limits, account: Int64 = 7) -> PaceRequest {
        PaceRequest(account: AccountID(account), broker: .dhan, limits: limits)
    }

    @Test(
        "However many workers there are, together they stay within every limit, and get somewhere",
        arguments: [1, 2, 3, 4, 5, 8, 9, 16, 50]
    )
    func together(workers: Int) {
        let pacers = (0..<workers).map { pacer(WorkerPlace($0, of: workers)) }
        var perMinute = 0
        var total = 0
        for second in 0..<7_200 {
            let taken = pacers.reduce(0) { sum, pacer in
                let answers = pacer.take(Array(repeating: request(), count: 10))
                return sum + answers.count { $0 == .now }
            }
            #expect(taken <= 8)
            // The hand clock begins at a full hour in India.
            perMinute = second % 60 == 0 ? taken : perMinute + taken
            #expect(perMinute <= 240)
            total += taken
            clock.advance(milliseconds: 1_000)
        }
        #expect(total <= 2 * 990)
        #expect(total > 990)
    }

    @Test("Where a share is less than one call, every worker has its turn, and is told when")
    func turns() {
        let limit = [RateLimit(calls: 2, seconds: 1)]
        let pacers = (0..<5).map { pacer(WorkerPlace($0, of: 5)) }
        for (place, pacer) in pacers.enumerated() {
            guard case .after(let wait) = pacer.take([request(limit)])[0] else { continue }
            #expect(wait >= .seconds(1) && wait <= .seconds(4), "worker \(place)")
        }
        var turns = [Int](repeating: 0, count: 5)
        for _ in 0..<10 {
            clock.advance(milliseconds: 1_000)
            for (place, pacer) in pacers.enumerated() {
                turns[place] += pacer.take([request(limit)]).count { $0 == .now }
            }
        }
        #expect(turns == [2, 2, 2, 2, 2])
    }

    @Test("A wait that was told is long enough")
    func waits() {
        let pacer = pacer(WorkerPlace(3, of: 20))
        let limit = [RateLimit(calls: 8, seconds: 1)]
        var told = 0
        for _ in 0..<100 {
            guard case .after(let wait) = pacer.take([request(limit)])[0] else { continue }
            clock.advance(milliseconds: wait.components.seconds * 1_000)
            #expect(pacer.take([request(limit)]) == [.now])
            told += 1
        }
        #expect(told > 10)
    }

    @Test("Nobody calls who does not know the others, nor in a second that was counted elsewhere")
    func uncertain() {
        #expect(pacer(nil).take([request()]) == [.after(.seconds(1))])
        let pacer = pacer(WorkerPlace(0, of: 1))
        pacer.noteSharedCount()
        #expect(pacer.take([request()]) == [.after(.seconds(1))])
        clock.advance(milliseconds: 1_000)
        #expect(pacer.take([request()]) == [.now])
    }
}
