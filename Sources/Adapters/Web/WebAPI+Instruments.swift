import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Search in the instrument master.
    var instrumentRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/instruments") { request in
                _ = try await authentication.caller(request)
                let text = request.query("search") ?? ""
                let found = try await instruments.search(
                    text,
                    limit: try request.limit(default: 50, most: 500)
                )
                return .json { body in
                    body.beginObject()
                    body.key("instruments")
                    body.beginArray()
                    for instrument in found { body.instrument(instrument) }
                    body.endArray()
                    body.endObject()
                }
            }
        ]
    }
}

extension JSONWriter {
    fileprivate mutating func instrument(_ instrument: Instrument) {
        beginObject()
        field("symbol", instrument.symbol)
        field("exchange", instrument.exchange.rawValue)
        field("name", instrument.name)
        fieldOrNull("isin", instrument.isin)
        field("lot", instrument.lot.raw)
        field("tick", instrument.tick.rupees)
        fieldOrNull("freeze_quantity", instrument.freezeQuantity?.raw)
        fieldOrNull("lower_circuit", instrument.lowerCircuit?.rupees)
        fieldOrNull("upper_circuit", instrument.upperCircuit?.rupees)
        endObject()
    }
}
