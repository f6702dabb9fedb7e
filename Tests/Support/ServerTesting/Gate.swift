/// Lets so many tests have what is dear at once: tests start all together, and what each opens would
/// otherwise stand there a thousand times.
package actor Gate {
    /// Whether the task that asks has a place already, so that it never waits for itself.
    @TaskLocal private static var isInside = false

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init(_ places: Int) { free = places }

    /// Does it as soon as there is a place.
    package nonisolated func hold<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        guard !Self.isInside else { return try await body() }
        await enter()
        do {
            let value = try await Self.$isInside.withValue(true) { try await body() }
            await leave()
            return value
        } catch {
            await leave()
            throw error
        }
    }

    private func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
