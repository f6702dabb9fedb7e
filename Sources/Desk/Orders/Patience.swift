import Trading

/// How orders and cancels wait in a worker: for room at the broker, and for an absent database.
extension ExecutionLimits {
    /// Takes a call from an account's allowance; nil where it may go now.
    ///
    /// Waits here for short whiles; a longer wait is returned, for the queue to keep.
    func room(
        for request: PaceRequest,
        from pace: Batcher<PaceRequest, PaceAnswer>,
        isUrgent: Bool,
        by clock: any WallClock
    ) async throws -> Duration? {
        for _ in 0..<shortWaits {
            switch try await pace(request, isUrgent: isUrgent) {
            case .now: return nil
            case .after(let wait) where wait > shortWait: return wait
            case .after(let wait): try await clock.sleep(for: wait)
            }
        }
        return shortWait
    }

    /// Writes down what happened, through short absences of the database.
    ///
    /// For writes that may be repeated without harm.
    func commit(by clock: any WallClock, _ write: () async throws -> Void) async throws {
        let lastTry = clock.monotonicNow().advanced(by: recordWithin)
        while true {
            do {
                return try await write()
            } catch let failure as StoreFailure {
                guard clock.monotonicNow() < lastTry else { throw failure }
                try await clock.sleep(for: shortWait)
            }
        }
    }
}
