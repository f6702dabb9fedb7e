package import Trading

/// On whose behalf the stores are asked, as long as a request of theirs is answered.
///
/// Where there is one, a store shows and changes what is this trader's, and where a client is named
/// this client's, whatever a statement forgets to ask for. Where there is none, Volley itself acts
/// (workers, scheduler, relay), or an admin, and sees everything.
package struct Viewer: Sendable, Equatable {
    package let user: UserID
    package let trader: TraderID
    /// Nil for those who may see all clients of the trader.
    package let client: ClientID?

    package init(user: UserID, trader: TraderID, client: ClientID? = nil) {
        self.user = user
        self.trader = trader
        self.client = client
    }

    /// The viewer of the request that this task answers.
    @TaskLocal package static var current: Viewer?

    /// Does what is done for all and shared by all, whoever's request happened to ask for it first.
    package static func forAll<Result, Failure: Error>(
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let outcome = await $current.withValue(nil) { () async -> Swift.Result<Result, Failure> in
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}

extension Identity {
    /// On whose behalf this caller's requests are answered; nil for admins, who see everything.
    package var viewer: Viewer? {
        guard role != .admin else { return nil }
        // Everybody else works for a trader; whoever did not would see nothing.
        return Viewer(user: user, trader: trader ?? TraderID(0), client: client)
    }
}
