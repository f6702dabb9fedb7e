import BrokerKit
package import Desk
import JSON
import Trading

/// Authentication: the static addresses that orders may come from (dhan.md §1).
///
/// Dhan looks at the address of order calls only. An address may be changed once in seven days.
extension DhanBroker: RegisteredAddresses {
    package func addresses(_ session: BrokerSession) async throws(BrokerFailure) -> AddressList {
        let value = try await read("/ip/getIP", session, egress: session.egress)
        return AddressList(
            primary: value.text("primaryIP"),
            secondary: value.text("secondaryIP"),
            changed: value.text("modifyDatePrimary"),
            // Not in the documents, but seen in answers.
            seenFrom: value.text("detectedIP")
        )
    }

    package func register(primary: String, secondary: String?, _ session: BrokerSession)
        async throws(BrokerFailure) -> AddressChange
    {
        let known = try await addresses(session)
        try await put(primary, "PRIMARY", over: known.primary, session)
        if let secondary {
            try await put(secondary, "SECONDARY", over: known.secondary, session)
        }
        return AddressChange(list: try await addresses(session), endsSessions: false)
    }

    /// The first time an address is set; after that it is modified, which counts.
    private func put(_ address: String, _ flag: String, over old: String?, _ session: BrokerSession)
        async throws(BrokerFailure)
    {
        if let old, EgressPlace.isSame(old, address) { return }
        var body = JSONWriter()
        body.beginObject()
        body.field("dhanClientId", session.brokerClientID)
        body.field("ip", address)
        body.field("ipFlag", flag)
        body.endObject()
        let (method, path) = old == nil ? ("POST", "/ip/setIP") : ("PUT", "/ip/modifyIP")
        let value = try await change(method, path, session, body: body.bytes)
        guard value.text("status")?.uppercased() == "SUCCESS" else {
            throw .refused(code: "no code", words: value.text("message") ?? "no reason was given")
        }
    }
}
