package import Trading

/// Knows whether calls can leave this machine where an account's must.
package protocol EgressProbe: Sendable {
    /// Why nothing can leave from there now, for people; nil where it can.
    ///
    /// Asked before every order: answers from memory, but for the first time and once in a while.
    func obstacle(_ egress: EgressPlace) async -> String?
}

extension EgressProbe {
    /// Why nothing can leave from where a session says; nil where it can, or may leave from anywhere.
    package func obstacle(_ session: BrokerSession) async -> String? {
        guard let text = session.egress else { return nil }
        guard let place = EgressPlace(text) else {
            return "what is set as egress is neither an address nor a proxy"
        }
        return await obstacle(place)
    }
}
