import BrokerKit
import Desk
import Synchronization
import Testing
import Trading

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    /// A monotonic clock that only the test moves.
    private final class Hand: Sendable {
        private let instant = Mutex(ContinuousClock.now)

        var now: ContinuousClock.Instant { instant.withLock { $0 } }

        func advance(_ duration: Duration) {
            instant.withLock { $0 = $0.advanced(by: duration) }
        }
    }

    private let hand = Hand()

    private func breaker() -> CircuitBreaker {
        CircuitBreaker(threshold: 3, rest: .seconds(5)) { [hand] in hand.now }
    }

    private func open() -> CircuitBreaker {
        let breaker = breaker()
        for _ in 0..<3 { breaker.noteSilence(.dhan) }
        return breaker
    }

    @Test("Opens after so many silences in a row, and not before")
    func opens() {
        let breaker = breaker()
        breaker.noteSilence(.dhan)
        breaker.noteSilence(.dhan)
        #expect(breaker.wait(for: .dhan) == nil && breaker.open.isEmpty)
        breaker.noteSilence(.dhan)
        #expect(breaker.wait(for: .dhan) == .seconds(5))
        #expect(breaker.open == [.dhan])
    }

    @Test("Its health tells when a broker answered last, and when it did not")
    func health() throws {
        let breaker = breaker()
        #expect(breaker.health(at: Timestamp(microseconds: 1)).isEmpty)
        breaker.noteAnswer(.upstox)
        hand.advance(.seconds(7))
        for _ in 0..<3 { breaker.noteSilence(.upstox) }
        hand.advance(.seconds(2))
        let now = Timestamp(microseconds: 1_795_149_000_000_000)
        let health = try #require(breaker.health(at: now).first)
        #expect(health.broker == .upstox && health.isResting && health.silences == 3)
        #expect(health.lastAnswer == now.advanced(by: .seconds(-9)))
        #expect(health.lastSilence == now.advanced(by: .seconds(-2)))
        breaker.noteAnswer(.upstox)
        let after = try #require(breaker.health(at: now).first)
        #expect(!after.isResting && after.silences == 0 && after.lastAnswer == now)
        #expect(after.lastSilence == health.lastSilence)
    }

    @Test("An answer in between begins the count anew")
    func answerInBetween() {
        let breaker = breaker()
        for _ in 0..<10 {
            breaker.noteSilence(.dhan)
            breaker.noteSilence(.dhan)
            breaker.noteAnswer(.dhan)
        }
        #expect(breaker.wait(for: .dhan) == nil)
    }

    @Test("One broker's silence leaves the others alone")
    func separate() {
        let breaker = open()
        #expect(breaker.wait(for: .paper) == nil)
        breaker.noteAnswer(.paper)
        #expect(breaker.wait(for: .dhan) == .seconds(5))
    }

    @Test("The wait shrinks as time passes; after the rest one order goes through, and one only")
    func trial() {
        let breaker = open()
        hand.advance(.seconds(3))
        #expect(breaker.wait(for: .dhan) == .seconds(2))
        hand.advance(.seconds(2))
        #expect(breaker.wait(for: .dhan) == nil)
        #expect(breaker.wait(for: .dhan) == .seconds(5))
        #expect(breaker.wait(for: .dhan) == .seconds(5))
    }

    @Test("A trial that is not answered leaves it open, for another rest")
    func failedTrial() {
        let breaker = open()
        hand.advance(.seconds(5))
        #expect(breaker.wait(for: .dhan) == nil)
        breaker.noteSilence(.dhan)
        #expect(breaker.wait(for: .dhan) == .seconds(5))
        hand.advance(.seconds(5))
        #expect(breaker.wait(for: .dhan) == nil)
        #expect(breaker.wait(for: .dhan) != nil)
    }

    @Test("An answer closes it, and the count begins at nothing")
    func closes() {
        let breaker = open()
        hand.advance(.seconds(5))
        #expect(breaker.wait(for: .dhan) == nil)
        breaker.noteAnswer(.dhan)
        #expect(breaker.wait(for: .dhan) == nil && breaker.open.isEmpty)
        breaker.noteSilence(.dhan)
        breaker.noteSilence(.dhan)
        #expect(breaker.wait(for: .dhan) == nil)
        breaker.noteSilence(.dhan)
        #expect(breaker.wait(for: .dhan) == .seconds(5))
    }

    @Test("Silences of orders that were under way do not put the trial off")
    func lateSilences() {
        let breaker = open()
        hand.advance(.seconds(4))
        for _ in 0..<100 { breaker.noteSilence(.dhan) }
        #expect(breaker.wait(for: .dhan) == .seconds(1))
    }

    @Test("Answers and silences are told apart by what the broker said")
    func notes() {
        let breaker = breaker()
        let brokers = Brokers([], gate: breaker)
        for answer in [
            PlacementAnswer.unanswered(cause: "HTTP 502", words: nil), .notSent("refused"),
            .unanswered(cause: "reset", words: nil),
        ] {
            brokers.note(answer, of: .dhan)
        }
        #expect(brokers.wait(for: .dhan) != nil)
        for answer in [
            PlacementAnswer.accepted(brokerOrderID: "1"), .refused(.brokerRefused, words: ""),
            .unanswered(cause: BrokerLimit.cause, words: nil),
        ] {
            for _ in 0..<3 { brokers.note(.notSent(""), of: .dhan) }
            brokers.note(answer, of: .dhan)
            #expect(brokers.wait(for: .dhan) == nil, "\(answer)")
        }
    }

    @Test("Many threads at once let one trial through")
    func concurrentTrials() async {
        let breaker = open()
        hand.advance(.seconds(5))
        let passed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 { group.addTask { breaker.wait(for: .dhan) == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(passed == 1)
    }
}
