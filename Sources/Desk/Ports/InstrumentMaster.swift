package import Trading

/// A broker's list of what it trades.
package protocol InstrumentMaster: Sendable {
    /// The broker whose list it is.
    var broker: BrokerName { get }
    /// The whole list as of today.
    func listings() async throws(BrokerFailure) -> [InstrumentListing]
}
