import BrokerKit
package import Desk
import JSON
import Trading

/// Portfolio: a position's conversion (dhan.md §5).
extension DhanBroker: PositionConversion {
    package func convert(_ conversion: Conversion, _ session: BrokerSession)
        async throws(BrokerFailure)
    {
        var body = JSONWriter()
        body.beginObject()
        body.field("dhanClientId", session.brokerClientID)
        body.field("fromProductType", DhanWords.product(conversion.from))
        body.field("exchangeSegment", conversion.instrument.segment)
        body.field("positionType", conversion.side == .buy ? "LONG" : "SHORT")
        body.field("securityId", conversion.instrument.code)
        body.field("convertQty", conversion.quantity.raw)
        body.field("toProductType", DhanWords.product(conversion.to))
        body.endObject()
        _ = try await change("POST", "/positions/convert", session, body: body.bytes)
    }
}
