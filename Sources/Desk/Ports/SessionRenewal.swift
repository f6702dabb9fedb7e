import Trading

/// A broker that gives a new token for one that is still alive.
package protocol SessionRenewal: Sendable {
    /// Has the session's token replaced, once: the old one ends as the new one begins, so an answer
    /// that is lost may have ended it.
    ///
    /// - Throws: `refused` where this token is none that can be renewed; `sessionEnded` where it is
    ///   over; else nobody knows whether it was renewed.
    func renew(_ session: BrokerSession) async throws(BrokerFailure) -> NewSession
}
