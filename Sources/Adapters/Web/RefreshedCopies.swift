import Synchronization

/// Copies of what many ask for again and again: each is read once for all who ask, and read anew
/// while those who ask still get the copy, so that nobody who polls waits for a read.
///
/// A copy is never older than its reader allows, counted from when the read began. What failed to be
/// read anew is forgotten at once, and whoever asks next is told why.
final class RefreshedCopies<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let id: UInt64
        var value: Value?
        var readAgainAt = ContinuousClock.now
        var goodUntil = ContinuousClock.now
        var reading: Task<Value, any Error>?
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        var lastID: UInt64 = 0
    }
    private enum Found {
        case copy(Value)
        case reading(Task<Value, any Error>)
    }

    /// What was read, and how old it may become.
    struct Reading {
        let value: Value
        let age: Duration
    }

    private let state = Mutex(State())
    private let limit: Int
    private let now: @Sendable () -> ContinuousClock.Instant

    /// Keeps so many; beyond, all are forgotten.
    init(limit: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.limit = limit
        self.now = now
    }

    /// The copy, or what is read now; throws what the read throws.
    ///
    /// The read may go on after the caller has gone: it must need nothing of the caller's task.
    func value(_ key: Key, _ read: @escaping @Sendable () async throws -> Reading) async throws
        -> Value
    {
        let found = state.withLock { state -> Found in
            let now = now()
            var entry = state.entries[key] ?? newEntry(&state)
            let begin = { [self, id = entry.id] in Task { try await keep(read, key, id) } }
            if let copy = entry.value, now < entry.goodUntil {
                guard entry.reading == nil, now >= entry.readAgainAt else { return .copy(copy) }
                entry.reading = begin()
                state.entries[key] = entry
                return .copy(copy)
            }
            let reading = entry.reading ?? begin()
            entry.reading = reading
            state.entries[key] = entry
            return .reading(reading)
        }
        switch found {
        case .copy(let value): return value
        case .reading(let task): return try await task.value
        }
    }

    /// Forgets all, also what is being read now.
    func forget() { state.withLock { $0.entries = [:] } }

    private func newEntry(_ state: inout State) -> Entry {
        if state.entries.count >= limit { state.entries = [:] }
        state.lastID += 1
        return Entry(id: state.lastID)
    }

    private func keep(_ read: () async throws -> Reading, _ key: Key, _ id: UInt64) async throws
        -> Value
    {
        let began = now()
        do {
            let reading = try await read()
            state.withLock { state in
                guard var entry = state.entries[key], entry.id == id else { return }
                entry.value = reading.value
                entry.readAgainAt = began.advanced(by: reading.age / 2)
                entry.goodUntil = began.advanced(by: reading.age)
                entry.reading = nil
                state.entries[key] = entry
            }
            return reading.value
        } catch {
            state.withLock { state in
                guard state.entries[key]?.id == id else { return }
                state.entries[key] = nil
            }
            throw error
        }
    }
}
