/// Whether a broker takes orders from where an account's orders leave.
package enum EgressStanding: String, Sendable, CaseIterable {
    /// Nobody has asked, or the broker does not tell.
    case unknown
    case registered
    /// The broker has other addresses on its list: it would refuse every order.
    case notRegistered = "not_registered"

    /// What a broker's list says of an account's way out.
    ///
    /// - Parameters:
    ///   - egress: where orders leave from; nil: the machine's own addresses, which are not known here.
    ///   - registered: the addresses on the broker's list; with none there is no mismatch to speak of,
    ///     and the broker itself decides.
    ///   - seenFrom: from where the broker saw the question come, which left by the same way; nil where
    ///     it does not say.
    package init(of egress: EgressPlace?, registered: [String], seenFrom: String?) {
        let address: String? =
            switch egress {
            case .address(let address): address
            // What a proxy sends from, only the other side can tell.
            case .proxy, nil: seenFrom
            }
        guard let address, !registered.isEmpty else {
            self = .unknown
            return
        }
        let isThere = registered.contains { EgressPlace.isSame($0, address) }
        self = isThere ? .registered : .notRegistered
    }
}
