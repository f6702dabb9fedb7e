import BrokerKit
package import Desk
import JSON
import Trading

/// Trader's control: the kill switch, and the exit at a profit or a loss (dhan.md §6).
extension DhanBroker: TraderControl, ProfitExit {
    package func killSwitch(_ session: BrokerSession) async throws(BrokerFailure) -> [KillSwitch] {
        let word = try await read("/killswitch", session).text("killSwitchStatus")
        switch word?.uppercased() {
        case "ACTIVATE": return [KillSwitch(segment: nil, isOn: true)]
        case "DEACTIVATE": return [KillSwitch(segment: nil, isOn: false)]
        default: throw .unreachable("a kill switch that is neither on nor off")
        }
    }

    /// Dhan wants all positions closed and all orders ended before; the switch is the account's.
    package func setKillSwitch(on: Bool, segments: [String], _ session: BrokerSession)
        async throws(BrokerFailure) -> [KillSwitch]
    {
        guard segments.isEmpty else {
            throw .refused(code: "segments", words: "Dhan's kill switch is for the whole account")
        }
        let word = on ? "ACTIVATE" : "DEACTIVATE"
        _ = try await change("POST", "/killswitch?killSwitchStatus=" + word, session)
        return try await killSwitch(session)
    }

    package func profitExit(_ session: BrokerSession) async throws(BrokerFailure)
        -> ProfitExitRule?
    {
        let value = try await read("/pnlExit", session)
        guard value.text("pnlExitStatus")?.uppercased() == "ACTIVE" else { return nil }
        let words = value["productType"]?.array?.compactMap(\.string) ?? []
        // These names, of all of Dhan's, have an underscore.
        guard let profit = value.money("profit"), let loss = value.money("loss") else {
            throw .unreachable("no limits in the answer")
        }
        return ProfitExitRule(
            profit: profit,
            loss: loss,
            products: Set(words.compactMap(Self.exitProduct)),
            killsAfter: value["enable_kill_switch"]?.bool ?? false
        )
    }

    package func setProfitExit(_ rule: ProfitExitRule, _ session: BrokerSession)
        async throws(BrokerFailure)
    {
        var body = JSONWriter()
        body.beginObject()
        body.field("dhanClientId", session.brokerClientID)
        // Numbers, as the official SDK sends them; the documents show texts.
        body.key("profitValue")
        body.rawNumber(rule.profit.rupees)
        body.key("lossValue")
        body.rawNumber(rule.loss.rupees)
        body.key("productType")
        body.beginArray()
        if rule.products.contains(.intraday) { body.string("INTRADAY") }
        if rule.products.contains(.delivery) { body.string("DELIVERY") }
        body.endArray()
        body.field("enableKillSwitch", rule.killsAfter)
        body.endObject()
        let value = try await change("POST", "/pnlExit", session, body: body.bytes)
        try Self.expect("ACTIVE", value)
    }

    package func clearProfitExit(_ session: BrokerSession) async throws(BrokerFailure) {
        try Self.expect("DISABLED", try await change("DELETE", "/pnlExit", session))
    }

    private static func expect(_ word: String, _ value: JSONValue) throws(BrokerFailure) {
        guard value.text("pnlExitStatus")?.uppercased() == word else {
            throw .refused(code: "pnlExit", words: value.text("message") ?? "no reason was given")
        }
    }

    private static func exitProduct(_ word: String) -> Product? {
        switch word {
        case "INTRADAY": .intraday
        case "DELIVERY": .delivery
        default: nil
        }
    }
}
