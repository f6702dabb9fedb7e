import BrokerKit
package import Desk
import JSON
import Trading

/// User: the kill switch, the static addresses, whether sales need a word of the client's, and a
/// position's conversion (upstox.md §5, §6).
extension UpstoxBroker: TraderControl, RegisteredAddresses, SaleAuthorization, PositionConversion {
    package func killSwitch(_ session: BrokerSession) async throws(BrokerFailure) -> [KillSwitch] {
        try Self.switches(in: try await read("/v2/user/kill-switch", session))
    }

    /// The action speaks of the segment: `DISABLE` stops its trading.
    ///
    /// Upstox cancels what is open, refuses where there are positions, keeps a segment stopped for
    /// twelve hours, and heeds the switch in sessions that begin after it.
    package func setKillSwitch(on: Bool, segments: [String], _ session: BrokerSession)
        async throws(BrokerFailure) -> [KillSwitch]
    {
        let known = try await killSwitch(session).compactMap(\.segment)
        var body = JSONWriter()
        body.beginArray()
        for segment in segments.isEmpty ? known : segments {
            body.beginObject()
            body.field("segment", segment)
            body.field("action", on ? "DISABLE" : "ENABLE")
            body.endObject()
        }
        body.endArray()
        return try Self.switches(
            in: try await change("POST", "/v2/user/kill-switch", body.bytes, session)
        )
    }

    private static func switches(in value: JSONValue) throws(BrokerFailure) -> [KillSwitch] {
        let entries = value.array ?? []
        let switches = entries.compactMap { entry -> KillSwitch? in
            guard let segment = entry.text("segment"),
                let isOn = entry["kill_switch_enabled"]?.bool
            else { return nil }
            return KillSwitch(segment: segment, isOn: isOn)
        }
        guard !switches.isEmpty, switches.count == entries.count else {
            throw .unreachable("the kill switches are not understood")
        }
        return switches
    }

    package func addresses(_ session: BrokerSession) async throws(BrokerFailure) -> AddressList {
        let reply = try await hosts.reads.read(
            "GET",
            "/v2/user/ip",
            headers: Self.headers(session),
            egress: session.egress
        )
        return Self.list(try UpstoxErrors.data(of: reply))
    }

    /// Once in a calendar week; all tokens of the user die with it.
    package func register(primary: String, secondary: String?, _ session: BrokerSession)
        async throws(BrokerFailure) -> AddressChange
    {
        let known = try await addresses(session)
        var body = JSONWriter()
        body.beginObject()
        body.field("primary_ip", primary)
        if let second = secondary ?? known.secondary { body.field("secondary_ip", second) }
        body.endObject()
        let value = try await change("PUT", "/v2/user/ip", body.bytes, session)
        return AddressChange(
            list: Self.list(value),
            endsSessions: value["access_tokens_invalidated"]?.bool ?? true
        )
    }

    private static func list(_ value: JSONValue) -> AddressList {
        AddressList(
            primary: value.text("primary_ip"),
            secondary: value.text("secondary_ip"),
            changed: value.text("primary_ip_updated_at"),
            seenFrom: nil
        )
    }

    package var way: SaleAuthorizationWay { .atBroker }

    package func saleStanding(isin: String?, _ session: BrokerSession) async throws(BrokerFailure)
        -> SaleStanding
    {
        SaleStanding(hasMandate: try await profile(session).hasMandate, shares: [])
    }

    package func sendPIN(_ session: BrokerSession) async throws(BrokerFailure) {
        throw .refused(code: "no call", words: "Upstox sends PINs from its own pages")
    }

    package func authorize(_ shares: [SharesToSell], _ session: BrokerSession)
        async throws(BrokerFailure) -> AuthorizationPage
    {
        throw .refused(code: "no call", words: "the client authorises sales on Upstox's own pages")
    }

    package func convert(_ conversion: Conversion, _ session: BrokerSession)
        async throws(BrokerFailure)
    {
        var body = JSONWriter()
        body.beginObject()
        body.field("instrument_token", UpstoxWords.key(conversion.instrument))
        body.field("new_product", UpstoxWords.product(conversion.to))
        body.field("old_product", UpstoxWords.product(conversion.from))
        body.field("transaction_type", conversion.side.rawValue)
        body.field("quantity", conversion.quantity.raw)
        body.endObject()
        let value = try await change("PUT", "/v2/portfolio/convert-position", body.bytes, session)
        guard value.text("status") == "complete" else {
            throw .refused(code: "status", words: value.text("status") ?? "it was not converted")
        }
    }
}
