import Desk
import Fuzzing
import Postgres
import PostgresStore
import Trading

/// A sequence of moments from a seed, and what is wrong after the first that goes wrong.
struct Story: Sendable, CustomStringConvertible {
    var moments: [[StoryStep]]
    let isCalm: Bool
    let ending: UInt64

    /// So many moments; the last of all is the end of the day.
    init(_ moments: Int, isCalm: Bool, _ chance: inout FuzzRandom) {
        self.moments = StoryStep.story(moments, &chance)
        self.isCalm = isCalm
        ending = chance.next()
    }

    /// A moment in a line, what happens at the same time between commas.
    var description: String {
        moments.map { moment in moment.map(\.description).joined(separator: ", ") }
            .joined(separator: "\n")
    }

    /// After how many moments something was wrong, and what; more than there are: at the day's end.
    struct Failure: Sendable {
        let moments: Int
        let complaints: [String]
    }

    /// Lets it happen in a new schema; nil where all laws hold after every moment and at the end.
    ///
    /// `seen`: what the audit log and the transfers then tell of is added, and how often.
    func tell(_ seen: inout [String: Int]) async throws -> Failure? {
        var failure: Failure?
        var happened: [String] = []
        try await OrdersDesk.open(connections: 8) { desk in
            let world = try await StoryWorld(desk, isCalm: isCalm)
            for (number, moment) in moments.enumerated() where failure == nil {
                let wrong = await world.wrong(atTheEnd: false) { try await world.live(moment) }
                if !wrong.isEmpty { failure = Failure(moments: number + 1, complaints: wrong) }
            }
            guard failure == nil else { return }
            var chance = FuzzRandom(seed: ending)
            let wrong = await world.wrong(atTheEnd: true) { try await world.end(&chance) }
            if !wrong.isEmpty { failure = Failure(moments: moments.count + 1, complaints: wrong) }
            happened = try await desk.pool.query(Self.happened).map { $0.text(0) }
        }
        for word in happened { seen[word, default: 0] += 1 }
        return failure
    }

    private static let happened = PostgresStatement(
        """
        SELECT action FROM audit_log WHERE action IS NOT NULL
        UNION ALL SELECT kind FROM transfer
        UNION ALL SELECT 'slice' FROM order_intent WHERE is_slice
        """
    )

    /// The complaint that a person reads: the shortest story found that fails, and how.
    func complaint(_ failure: Failure) async -> String {
        var short = self
        short.moments = Array(moments.prefix(failure.moments))
        var last = failure
        var seen: [String: Int] = [:]
        let isLasting = (try? await short.tell(&seen)) ?? nil
        if let isLasting {
            last = isLasting
            short.moments = await Self.shortest(short.moments, tries: 60) { moments in
                var story = short
                story.moments = moments
                guard let again = (try? await story.tell(&seen)) ?? nil else { return false }
                last = again
                return true
            }
        }
        let found = (last.complaints.prefix(8) + [""]).joined(separator: "\n")
        let how = isLasting == nil ? "not again when told again: it hangs on timing" : "each time"
        return "\(isCalm ? "calm" : "rough"), \(how)\n\(found)\(short)\nthen the end \(ending)"
    }

    /// Leaves out moments, then steps, while it still fails; tells at most so many.
    static func shortest(
        _ moments: [[StoryStep]],
        tries: Int,
        fails: ([[StoryStep]]) async -> Bool
    ) async -> [[StoryStep]] {
        var (best, left) = (moments, tries)
        var size = max(1, best.count / 2)
        while left > 0 {
            var start = 0
            while start < best.count, left > 0 {
                let without = Array(best[..<start] + best[min(start + size, best.count)...])
                left -= 1
                if await fails(without) { best = without } else { start += size }
            }
            if size == 1 { break }
            size /= 2
        }
        var place = 0
        while place < best.count, left > 0 {
            for step in best[place].indices.reversed() where left > 0 && best[place].count > 1 {
                var without = best
                without[place].remove(at: step)
                left -= 1
                if await fails(without) { best = without }
            }
            place += 1
        }
        return best
    }
}

extension StoryWorld {
    /// What is wrong after something has happened; what it threw is wrong too.
    func wrong(atTheEnd isEnd: Bool, _ happens: () async throws -> Void) async -> [String] {
        do {
            try await happens()
            let laws = StoryLaws(
                books: try await StoryBooks(desk.pool),
                hands: with { $0 },
                isCalm: isCalm
            )
            guard isEnd else { return laws.complaints() }
            // The product's own check must be of the same opinion.
            let faults = try await PostgresLedgerCheck(pool: desk.pool)()
            return laws.complaintsAtTheEnd() + faults.map { "the ledger check: \($0)" }
        } catch {
            return ["it threw \(error)"]
        }
    }
}
