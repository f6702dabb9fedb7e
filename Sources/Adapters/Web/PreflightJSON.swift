import JSON
import Trading

extension JSONWriter {
    /// What was asked, the price used, and the sums over the orders that would be placed.
    mutating func preflightHead(_ preflight: Preflight) {
        field("preflight_id", preflight.id.raw)
        field("symbol", preflight.terms.instrument.symbol)
        field("exchange", preflight.terms.instrument.exchange.rawValue)
        field("side", preflight.terms.side.rawValue)
        field("order_type", preflight.terms.type.rawValue)
        field("product", preflight.terms.product.rawValue)
        field("created_at", TimestampText.text(preflight.createdAt))
        field("expires_at", TimestampText.text(preflight.expiresAt))
        fieldOrNull("task_id", preflight.task?.raw)
        fieldOrNull("price_used", preflight.price?.rupees)
        fieldOrNull("price_age_seconds", preflight.priceAge?.components.seconds)
        let sums = preflight.sums
        key("sums")
        beginObject()
        field("clients", sums.clients)
        field("orders", sums.orders)
        field("skipped", sums.clients - sums.orders)
        field("quantity", sums.quantity)
        field("cost", sums.cost.rupees)
        field("held", sums.hold.rupees)
        field("own", sums.own.rupees)
        field("borrowed", sums.borrowed.rupees)
        field("charges", sums.charges.rupees)
        key("reasons")
        beginObject()
        for (reason, count) in sums.reasons.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            field(reason.rawValue, count)
        }
        endObject()
        endObject()
    }

    /// What one client's order would be, and everything against it.
    mutating func preflightRow(_ row: PreflightRow, at price: Price?) {
        beginObject()
        field("client_id", row.client.raw)
        field("client_code", row.code)
        field("client_name", row.name)
        field("broker", row.broker.rawValue)
        field("quantity", row.quantity.raw)
        field("wanted_quantity", row.wanted.raw)
        field("cost", row.cost.rupees)
        field("held", row.hold.rupees)
        field("own", row.own.rupees)
        field("borrowed", row.borrowed.rupees)
        field("available", row.available.rupees)
        key("charges")
        charges(row.charges)
        reasons(row.reasons)
        if let fits = row.fits {
            key("would_fit")
            beginObject()
            field("quantity", fits.raw)
            fieldOrNull("cost", price?.cost(of: fits).rupees)
            endObject()
        }
        endObject()
    }

    /// Codes with their sentences.
    mutating func reasons(_ reasons: [Reason]) {
        key("reasons")
        beginArray()
        for reason in reasons {
            beginObject()
            field("code", reason.rawValue)
            field("sentence", reason.sentence)
            endObject()
        }
        endArray()
    }

    /// What an order costs, line by line.
    mutating func charges(_ charges: Charges) {
        beginObject()
        field("brokerage", charges.brokerage.rupees)
        field("stt", charges.stt.rupees)
        field("exchange", charges.exchange.rupees)
        field("ipft", charges.ipft.rupees)
        field("sebi", charges.sebi.rupees)
        field("stamp_duty", charges.stampDuty.rupees)
        field("depository", charges.depository.rupees)
        field("gst", charges.gst.rupees)
        field("total", charges.total.rupees)
        endObject()
    }
}
