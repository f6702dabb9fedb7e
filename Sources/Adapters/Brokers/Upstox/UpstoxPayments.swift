import BrokerKit
package import Desk
import JSON
import Trading

/// Payments: what came in and went out, the last twenty of each (upstox.md §6).
///
/// That they can also be begun by a call is nothing of ours: no money leaves through here.
extension UpstoxBroker: PaymentSource {
    package func payments(_ session: BrokerSession) async throws(BrokerFailure) -> [Payment] {
        let paidIn = try await payments("payin", session)
        let paidOut = try await payments("payout", session)
        // The broker's times sort as text.
        return (paidIn + paidOut).sorted { $0.atText > $1.atText }
    }

    private func payments(_ way: String, _ session: BrokerSession) async throws(BrokerFailure)
        -> [Payment]
    {
        let value = try await read("/v2/user/payments/" + way, session)
        guard let entries = value.array else { throw .unreachable("the payments are no list") }
        let payments = entries.compactMap { Self.payment($0, isPaidIn: way == "payin") }
        guard payments.count == entries.count else {
            throw .unreachable("an entry of the payments is not understood")
        }
        return payments
    }

    private static func payment(_ value: JSONValue, isPaidIn: Bool) -> Payment? {
        guard let id = value.text("transaction_id"), let amount = value.money("amount"),
            let word = value.text("status")
        else { return nil }
        return Payment(
            isPaidIn: isPaidIn,
            id: id,
            amount: amount,
            isDone: isDone(word),
            word: word,
            mode: value.text("mode"),
            bank: value.text("bank_name"),
            // Older answers tell only when it last changed.
            atText: value.text("created_at") ?? value.text("last_updated_at") ?? ""
        )
    }

    /// A word that nobody documents is one of a payment that is on its way.
    private static func isDone(_ word: String) -> Bool? {
        switch word {
        case "SUCCESS", "COMPLETED", "DEEMED_SUCCESS": true
        case "FAILED", "CANCELLED", "REJECTED", "REVERSED": nil
        default: false
        }
    }
}
