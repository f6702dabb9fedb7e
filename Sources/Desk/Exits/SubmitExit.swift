import Trading

/// Takes a wish to leave positions: stores it, and cancels what is open at once.
///
/// The sales follow once the cancels are over (`AdvanceExits`).
package struct SubmitExit: Sendable {
    let store: any ExitStore
    /// What brings it on.
    package let advance: AdvanceExits

    package init(store: any ExitStore, advance: AdvanceExits) {
        self.store = store
        self.advance = advance
    }

    /// Does it, once per (user, idempotency key).
    package func callAsFunction(_ request: ExitRequest) async throws(StoreFailure) -> ExitAsked {
        Failpoint.exitSubmitBeforeCommit.pass()
        let asked = try await store.askToExit(request)
        guard case .created(let exit) = asked else { return asked }
        Failpoint.exitSubmitAfterCommit.pass()
        // What fails here, the scheduler does.
        _ = try? await advance.cancel(exit)
        return asked
    }
}
