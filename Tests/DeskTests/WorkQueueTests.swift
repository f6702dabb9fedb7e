import Desk
import DeskTesting
import Testing
import Trading

@Suite("Working on a queue", .timeLimit(.minutes(2)))
struct WorkQueueTests {
    private struct Broken: Error {}

    @Test("A message is acknowledged only after its work is done")
    func acknowledgedAfter() async throws {
        let (queue, latch) = (MemoryQueue(), Latch())
        let reader = MemoryReader(queue)
        let begun = Recorder<QueueMessage>()
        let work = WorkQueue(
            reader: reader,
            queue: queue,
            clock: ManualClock(),
            atMost: 10,
            work: { message in
                begun.note(message)
                await latch.pass()
                return .done
            },
            report: { _, _ in }
        )
        let running = Task { try await work.run() }
        _ = await queue.publish([.plan(TaskID(1)), .plan(TaskID(2))])
        try await until { begun.count == 2 }
        #expect(reader.acknowledged.isEmpty)
        #expect(reader.unsettled == 2)
        latch.open()
        try await until { reader.unsettled == 0 }
        #expect(reader.acknowledged.count == 2)
        await reader.stop()
        try await running.value
    }

    @Test("Work that fails gives its message back after a second, and it comes again")
    func givenBack() async throws {
        let (queue, clock) = (MemoryQueue(), ManualClock())
        let reader = MemoryReader(queue)
        let tries = Recorder<QueueMessage>()
        let failures = Recorder<QueueMessage>()
        let work = WorkQueue(
            reader: reader,
            queue: queue,
            clock: clock,
            atMost: 10,
            work: { message in
                tries.note(message)
                if tries.count == 1 { throw Broken() }
                return .done
            },
            report: { message, _ in failures.note(message) }
        )
        let running = Task { try await work.run() }
        _ = await queue.publish([.plan(TaskID(7))])
        await clock.waitForSleepers(1)
        #expect(reader.givenBack.isEmpty)
        clock.advance(by: .seconds(1))
        try await until { reader.acknowledged.count == 1 }
        #expect(reader.givenBack == [.plan(TaskID(7))])
        #expect(failures.all == [.plan(TaskID(7))])
        #expect(tries.count == 2)
        await reader.stop()
        try await running.value
    }

    @Test("A replaced message is forgotten only once the queue holds the other")
    func replaced() async throws {
        let queue = MemoryQueue()
        let reader = MemoryReader(queue)
        let clock = ManualClock(skipsSleeps: true)
        let refusals = Recorder<Void>()
        queue.refuse { message in
            guard message == .plan(TaskID(2)), refusals.count < 2 else { return false }
            refusals.note(())
            return true
        }
        let work = WorkQueue(
            reader: reader,
            queue: queue,
            clock: clock,
            atMost: 1,
            work: { $0 == .plan(TaskID(1)) ? .replace([.plan(TaskID(2))]) : .done },
            report: { _, _ in }
        )
        let running = Task { try await work.run() }
        _ = await queue.publish([.plan(TaskID(1))])
        try await until { reader.acknowledged.count == 2 }
        #expect(reader.acknowledged == [.plan(TaskID(1)), .plan(TaskID(2))])
        #expect(reader.givenBack == [.plan(TaskID(1)), .plan(TaskID(1))])
        await reader.stop()
        try await running.value
    }

    @Test("Stopped, it finishes what it has taken and leaves the rest")
    func stopped() async throws {
        let (queue, latch) = (MemoryQueue(), Latch())
        let reader = MemoryReader(queue)
        let begun = Recorder<QueueMessage>()
        let work = WorkQueue(
            reader: reader,
            queue: queue,
            clock: ManualClock(),
            atMost: 10,
            work: { message in
                begun.note(message)
                await latch.pass()
                return .done
            },
            report: { _, _ in }
        )
        _ = await queue.publish((1...3).map { .plan(TaskID($0)) })
        let running = Task { try await work.run() }
        try await until { begun.count == 3 }
        await reader.stop()
        _ = await queue.publish([.plan(TaskID(4))])
        #expect(reader.acknowledged.isEmpty)
        latch.open()
        try await running.value
        #expect(reader.unsettled == 0)
        #expect(reader.acknowledged.count == 3)
        #expect(queue.waiting == [.plan(TaskID(4))])
    }
}
