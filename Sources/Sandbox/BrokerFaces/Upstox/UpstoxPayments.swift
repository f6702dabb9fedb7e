import Exchange
import HTTPServer
import JSON

/// Payments, which are told and not made here (upstox.md §6).
extension UpstoxFace {
    private static let mostPayments = 20

    var paymentRoutes: [HTTPRoute] {
        [
            route("GET", "/v2/user/payments/payin") { call, world in
                Self.payments(isPaidIn: true, call, world)
            },
            route("GET", "/v2/user/payments/payout") { call, world in
                Self.payments(isPaidIn: false, call, world)
            },
        ]
    }

    private static func payments(isPaidIn: Bool, _ call: FaceCall, _ world: World) -> FaceReply {
        let all = (world.payments[call.account] ?? []).filter { $0.isPaidIn == isPaidIn }
        return success { writer in
            writer.beginArray()
            for payment in all.suffix(mostPayments).reversed() {
                writer.beginObject()
                writer.field("transaction_id", payment.id)
                writer.field("status", payment.status)
                writer.field("mode", payment.mode)
                writer.field("amount", payment.amount)
                writer.field("currency", "INR")
                if !isPaidIn { writer.field("eta", payment.at) }
                writer.field("created_at", payment.at)
                writer.field("bank_name", "AXIS BANK")
                writer.endObject()
            }
            writer.endArray()
        }
    }
}
