import Desk
import DeskTesting
import Testing

@Suite("The batcher", .timeLimit(.minutes(5)))
struct BatcherTests {
    private struct Poisoned: Error {}

    @Test("Ten thousand callers at once each get their own answer, in batches within the limit")
    func manyCallers() async throws {
        let sizes = Recorder<Int>()
        let batcher = Batcher<Int, Int>(limit: 64, lanes: 4) { requests in
            sizes.note(requests.count)
            await Task.yield()
            return requests.map { $0 * 3 }
        }
        let lanes = Task { await batcher.run() }
        let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<10_000 {
                group.addTask { try await batcher(number) != number * 3 }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
        #expect(sizes.all.reduce(0, +) == 10_000)
        #expect((sizes.all.max() ?? 0) <= 64)
        lanes.cancel()
        await lanes.value
    }

    @Test("What waits while the lanes are busy goes together, as much as the limit allows")
    func batchesGrow() async throws {
        let sizes = Recorder<Int>()
        let latch = Latch()
        let batcher = Batcher<Int, Int>(limit: 10, lanes: 1) { requests in
            sizes.note(requests.count)
            await latch.pass()
            return requests
        }
        let lanes = Task { await batcher.run() }
        let first = Task { try await batcher(0) }
        try await until { sizes.count == 1 }
        let callers = Recorder<Int>()
        let rest = Task {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...25 {
                    group.addTask {
                        callers.note(number)
                        return try await batcher(number)
                    }
                }
                return try await group.reduce(0, +)
            }
        }
        try await until { callers.count == 25 }
        latch.open()
        #expect(try await first.value == 0)
        #expect(try await rest.value == 325)
        #expect(sizes.all.reduce(0, +) == 26)
        #expect(sizes.all.allSatisfy { $0 <= 10 })
        lanes.cancel()
    }

    @Test("What is urgent overtakes what waits, and leaves it half of each batch")
    func urgent() async throws {
        let batches = Recorder<[Int]>()
        let latch = Latch()
        let batcher = Batcher<Int, Int>(limit: 4, lanes: 1) { requests in
            batches.note(requests)
            await latch.pass()
            return requests
        }
        let lanes = Task { await batcher.run() }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { _ = try await batcher(0) }
            try await until { batches.count == 1 }
            // One after the other, so that their order is known: those above 100 are urgent.
            for number in [1, 2, 3, 101, 102, 103] {
                group.addTask { _ = try await batcher(number, isUrgent: number > 100) }
                try await until { batcher.waitingCount == (number > 100 ? number - 97 : number) }
            }
            latch.open()
        }
        #expect(batches.all == [[0], [101, 102, 1, 2], [103, 3]])
        lanes.cancel()
        await lanes.value
    }

    @Test("On an express lane what is urgent waits for no other batch, and takes none along")
    func express() async throws {
        let batches = Recorder<[Int]>()
        let latch = Latch()
        let batcher = Batcher<Int, Int>(limit: 4, lanes: 1, expressLanes: 1) { requests in
            batches.note(requests)
            if requests.contains(where: { $0 < 100 }) { await latch.pass() }
            return requests
        }
        let lanes = Task { await batcher.run() }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { _ = try await batcher(0) }
            try await until { batches.count == 1 }
            group.addTask { _ = try await batcher(1) }
            try await until { batcher.waitingCount == 1 }
            // Their answers come while the only usual lane is held up.
            #expect(try await batcher(101, isUrgent: true) == 101)
            #expect(try await batcher(102, isUrgent: true) == 102)
            #expect(batcher.waitingCount == 1)
            latch.open()
        }
        #expect(batches.all == [[0], [101], [102], [1]])
        lanes.cancel()
        await lanes.value
    }

    @Test("All lanes are used, and never more", arguments: [1, 3, 8])
    func lanes(_ count: Int) async throws {
        let busy = Occupancy()
        let latch = Latch()
        let batcher = Batcher<Int, Int>(limit: 1, lanes: count) { requests in
            busy.enter()
            await latch.pass()
            busy.leave()
            return requests
        }
        let lanes = Task { await batcher.run() }
        let callers = Task {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 { group.addTask { try await batcher(number) } }
                return try await group.reduce(0) { sum, _ in sum + 1 }
            }
        }
        try await until { busy.now == count }
        latch.open()
        #expect(try await callers.value == 200)
        #expect(busy.most == count)
        lanes.cancel()
    }

    @Test("A batch that fails fails for exactly its callers")
    func failures() async throws {
        let poisonedBatches = Recorder<[Int]>()
        let batcher = Batcher<Int, Int>(limit: 7, lanes: 2) { requests in
            await Task.yield()
            guard requests.allSatisfy({ $0 % 50 != 13 }) else {
                poisonedBatches.note(requests)
                throw Poisoned()
            }
            return requests
        }
        let lanes = Task { await batcher.run() }
        let failed = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<2_000 {
                group.addTask {
                    do {
                        return try await batcher(number) == number ? nil : -1
                    } catch {
                        return error is Poisoned ? number : -2
                    }
                }
            }
            return await group.reduce(into: [Int]()) { $0 += $1.map { [$0] } ?? [] }
        }
        #expect(failed.sorted() == poisonedBatches.all.flatMap(\.self).sorted())
        #expect(failed.count { $0 % 50 == 13 } == 40)
        lanes.cancel()
    }

    @Test("Cancelled, it finishes the batch that has begun and turns away those who wait")
    func cancellation() async throws {
        let begun = Recorder<[Int]>()
        let latch = Latch()
        let batcher = Batcher<Int, Int>(limit: 1, lanes: 1) { requests in
            begun.note(requests)
            await latch.pass()
            try Task.checkCancellation()
            return requests
        }
        let lanes = Task { await batcher.run() }
        let first = Task { try await batcher(1) }
        try await until { begun.count == 1 }
        let calling = Latch()
        let second = Task {
            calling.open()
            return try await batcher(2)
        }
        await calling.pass()
        lanes.cancel()
        latch.open()
        #expect(try await first.value == 1)
        await #expect(throws: CancellationError.self) { try await second.value }
        await #expect(throws: CancellationError.self) { try await batcher(3) }
        await lanes.value
        #expect(begun.all == [[1]])
    }

    @Test("Whoever calls before it runs is served when it does")
    func earlyCaller() async throws {
        let batcher = Batcher<Int, Int>(limit: 4, lanes: 1) { $0 }
        let early = Task { try await batcher(5) }
        await Task.yield()
        let lanes = Task { await batcher.run() }
        #expect(try await early.value == 5)
        lanes.cancel()
    }

    @Test("No caller is ever left without an answer, whenever it is cancelled", arguments: 0..<150)
    func nobodyIsLost(_ seed: Int) async throws {
        var numbers = SeededNumbers(seed: UInt64(seed))
        let limit = Int.random(in: 1...9, using: &numbers)
        let lanesCount = Int.random(in: 1...4, using: &numbers)
        let expressLanes = Int.random(in: 0...2, using: &numbers)
        let callers = Int.random(in: 1...120, using: &numbers)
        let stopAfter = Int.random(in: 0...callers, using: &numbers)
        let poison = Int.random(in: 2...40, using: &numbers)
        let done = Recorder<Int>()
        let performed = Recorder<Int>()
        let batcher = Batcher<Int, Int>(
            limit: limit,
            lanes: lanesCount,
            expressLanes: expressLanes
        ) { requests in
            for request in requests { performed.note(request) }
            if requests.count.isMultiple(of: 2) { await Task.yield() }
            if requests.contains(where: { $0 % poison == 1 }) { throw Poisoned() }
            return requests.map { -$0 }
        }
        let lanes = Task { await batcher.run() }
        let stopper = Task {
            while done.count < stopAfter { await Task.yield() }
            lanes.cancel()
        }
        let endings = await withTaskGroup(of: Ending.self) { group in
            for number in 0..<callers {
                group.addTask {
                    defer { done.note(number) }
                    do {
                        let isUrgent = number.isMultiple(of: 3)
                        return try await batcher(number, isUrgent: isUrgent) == -number
                            ? .answered : .wrong
                    } catch is Poisoned {
                        return .poisoned
                    } catch is CancellationError {
                        return .cancelled
                    } catch {
                        return .wrong
                    }
                }
            }
            return await group.reduce(into: [Ending: Int]()) { $0[$1, default: 0] += 1 }
        }
        await stopper.value
        await lanes.value
        #expect(endings[.wrong] == nil)
        #expect(endings.values.reduce(0, +) == callers)
        // Whoever was performed for got the outcome, and nobody else did.
        #expect(
            (endings[.answered] ?? 0) + (endings[.poisoned] ?? 0) == performed.count
        )
        #expect(Set(performed.all).count == performed.count)
    }

    private enum Ending: Hashable, Sendable { case answered, poisoned, cancelled, wrong }
}
