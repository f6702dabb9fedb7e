package import Testing

/// The condition did not come true within four minutes.
package struct NeverHappened: Error {
    package init() {}
}

/// Waits until the condition is true, looking again and again.
///
/// For what happens in another process, where nothing signals it.
package func eventually(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(240)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NeverHappened() }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// The same; what did not happen is told as an issue of the test.
package func eventually(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    do {
        try await eventually(condition)
    } catch let error as NeverHappened {
        Issue.record(what, sourceLocation: sourceLocation)
        throw error
    }
}

/// A door that one task opens and others wait at.
package actor TestGate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init() {}

    /// Lets everyone pass, now and later.
    package func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    /// Waits until the gate is open.
    package func pass() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}
