import DeskTesting
import Synchronization
import Testing

@testable import Web

/// Copies that are read anew while those who ask still get the old one.
@Suite struct RefreshedCopiesTests {
    /// What is read: the number of the read, held back until its latch is open.
    private final class Source: Sendable {
        struct Gone: Error {}
        private struct State {
            var reads = 0
            var isGone = false
            var latch: Latch?
        }
        private let state = Mutex(State())
        private let time = Mutex(ContinuousClock.now)

        var reads: Int { state.withLock(\.reads) }
        var now: ContinuousClock.Instant { time.withLock(\.self) }

        func pass(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
        func vanish() { state.withLock { $0.isGone = true } }
        func holdBack(_ latch: Latch?) { state.withLock { $0.latch = latch } }

        func copies() -> RefreshedCopies<String, Int> {
            RefreshedCopies(limit: 2) { self.now }
        }

        /// Good for ten seconds.
        func read() async throws -> RefreshedCopies<String, Int>.Reading {
            let (number, latch) = state.withLock { state in
                state.reads += 1
                return (state.reads, state.latch)
            }
            await latch?.pass()
            if state.withLock(\.isGone) { throw Gone() }
            return .init(value: number, age: .seconds(10))
        }
    }

    @Test func `one read answers all who ask meanwhile, and who asks soon after`() async throws {
        let (source, latch) = (Source(), Latch())
        let copies = source.copies()
        source.holdBack(latch)
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { try await copies.value("a") { try await source.read() } }
            }
            try await until { source.reads > 0 }
            latch.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 1, count: 20))
        source.pass(.seconds(4))
        #expect(try await copies.value("a") { try await source.read() } == 1)
        #expect(source.reads == 1)
    }

    @Test func `past half its age the old copy is given while a new one is read`() async throws {
        let (source, latch) = (Source(), Latch())
        let copies = source.copies()
        _ = try await copies.value("a") { try await source.read() }
        source.holdBack(latch)
        source.pass(.seconds(6))
        for _ in 0..<3 { #expect(try await copies.value("a") { try await source.read() } == 1) }
        try await until { source.reads == 2 }
        latch.open()
        try await until { try await copies.value("a") { try await source.read() } == 2 }
        #expect(source.reads == 2)
    }

    @Test func `a copy is never given once it is too old, whoever is reading`() async throws {
        let (source, latch) = (Source(), Latch())
        let copies = source.copies()
        _ = try await copies.value("a") { try await source.read() }
        source.holdBack(latch)
        source.pass(.seconds(6))
        #expect(try await copies.value("a") { try await source.read() } == 1)
        try await until { source.reads == 2 }
        source.pass(.seconds(4))
        async let late = copies.value("a") { try await source.read() }
        latch.open()
        // Read when the clock stood at six, so good until sixteen.
        #expect(try await late == 2)
        source.pass(.seconds(6))
        #expect(try await copies.value("a") { try await source.read() } == 3)
    }

    @Test func `a failed read is told, and what was known is forgotten`() async throws {
        let source = Source()
        let copies = source.copies()
        _ = try await copies.value("a") { try await source.read() }
        source.vanish()
        source.pass(.seconds(6))
        #expect(try await copies.value("a") { try await source.read() } == 1)
        try await until {
            do {
                return try await copies.value("a") { try await source.read() } < 0
            } catch is Source.Gone {
                return true
            }
        }
        await #expect(throws: Source.Gone.self) {
            try await copies.value("a") { try await source.read() }
        }
    }

    @Test func `what is forgotten during a read does not come back with it`() async throws {
        let (source, latch) = (Source(), Latch())
        let copies = source.copies()
        source.holdBack(latch)
        async let before = copies.value("a") { try await source.read() }
        try await until { source.reads == 1 }
        copies.forget()
        source.holdBack(nil)
        #expect(try await copies.value("a") { try await source.read() } == 2)
        latch.open()
        #expect(try await before == 1)
        #expect(try await copies.value("a") { try await source.read() } == 2)
    }

    @Test func `beyond its limit it begins again`() async throws {
        let source = Source()
        let copies = source.copies()
        for key in ["a", "b", "c", "a"] {
            _ = try await copies.value(key) { try await source.read() }
        }
        #expect(source.reads == 4)
    }
}
