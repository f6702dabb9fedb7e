import Blocking
import Glibc
import Synchronization
import Testing

/// An actor on a thread of its own, as the drivers' are.
private actor Counter {
    private let thread = DedicatedThread(name: "counter")
    private(set) var seen: [Int] = []
    private var threads: Set<UInt> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func add(_ number: Int) {
        threads.insert(UInt(pthread_self()))
        seen.append(number)
    }
    func threadCount() -> Int { threads.count }

    /// Waits for the descriptor, then for the next job, as a driver's loop does.
    func wait(for descriptor: CInt, milliseconds: CInt) -> DedicatedThread.Wake {
        thread.wait(forReading: descriptor, milliseconds: milliseconds)
    }
    func waitToWrite(_ descriptor: CInt) -> DedicatedThread.Wake {
        thread.wait(for: descriptor, writing: true, milliseconds: 60_000)
    }
}

@Suite("Blocking: dedicated threads")
struct BlockingTests {
    @Test("All jobs of an actor run, on one thread, whoever sends them")
    func allJobs() async {
        let counter = Counter()
        await withTaskGroup { group in
            for sender in 0..<8 {
                group.addTask {
                    for number in 0..<2000 { await counter.add(sender * 2000 + number) }
                }
            }
        }
        let seen = await counter.seen
        #expect(seen.count == 16_000 && Set(seen).count == 16_000)
        #expect(await counter.threadCount() == 1)
        // What one sender sent comes in the order in which it was sent.
        for sender in 0..<8 {
            let own = seen.filter { $0 / 2000 == sender }
            #expect(own == own.sorted())
        }
    }

    @Test("Work that is no task's runs in order, also what work itself adds")
    func work() async {
        let thread = DedicatedThread(name: "work")
        let seen = Mutex<[Int]>([])
        await withCheckedContinuation { continuation in
            for number in 0..<5000 {
                thread.perform { seen.withLock { $0.append(number) } }
            }
            thread.perform { thread.perform { continuation.resume() } }
        }
        #expect(seen.withLock { $0 } == Array(0..<5000))
    }

    @Test("A wait ends with the descriptor, with the time, or with the next job")
    func waits() async {
        let counter = Counter()
        let wakeup = WakeDescriptor()
        #expect(await counter.wait(for: wakeup.descriptor, milliseconds: 1) == .timedOut)
        wakeup.signal()
        wakeup.signal()
        #expect(await counter.wait(for: wakeup.descriptor, milliseconds: 60_000) == .ready)
        wakeup.drain()
        #expect(await counter.wait(for: wakeup.descriptor, milliseconds: 1) == .timedOut)
        // A counter descriptor can always be written.
        #expect(await counter.waitToWrite(wakeup.descriptor) == .ready)
        async let waiting = counter.wait(for: wakeup.descriptor, milliseconds: -1)
        // Whichever comes first, the wait either finds the job there or is interrupted by it; and
        // where the job came before, the signal ends the wait.
        await counter.add(1)
        wakeup.signal()
        #expect(await waiting != .timedOut)
    }

    @Test("A sleeping thread is woken each time")
    func noLostWake() async {
        let counter = Counter()
        for number in 0..<20_000 { await counter.add(number) }
        #expect(await counter.seen.count == 20_000)
    }

    @Test("A thread that nobody holds any more finishes its work and ends")
    func end() async {
        final class Canary: Sendable {
            let onEnd: @Sendable () -> Void
            init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }
            deinit { onEnd() }
        }
        await withCheckedContinuation { continuation in
            let canary = Canary { continuation.resume() }
            let thread = DedicatedThread(name: "short")
            for _ in 0..<100 { thread.perform { _ = canary } }
        }
    }
}
