/// A broker that ends a session before its time where it is asked to.
package protocol SessionEnd: Sendable {
    /// Ends this session; one that is over already is an error like any other call's.
    func end(_ session: BrokerSession) async throws(BrokerFailure)
}
