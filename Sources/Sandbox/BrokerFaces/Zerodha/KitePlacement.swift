import Exchange
import HTTPServer

/// Reads the form of a placement into what the exchange is asked (kite.md §2).
struct KitePlacement {
    let call: FaceCall
    let form: KiteForm
    let variety: String

    init(_ call: FaceCall) throws(KiteError) {
        self.call = call
        form = try KiteFace.form(call)
        variety = call.request.pathParameters["variety"] ?? ""
        guard ["regular", "amo", "co", "iceberg", "auction"].contains(variety) else {
            throw .input("Unknown `variety`.")
        }
        // The SDK says it in the body too.
        guard form.text("variety") ?? variety == variety else {
            throw .input("`variety` differs from the path.")
        }
    }

    /// Whether what is above the freeze quantity is to be split.
    var isSliced: Bool { form.text("autoslice") == "true" }

    /// Checks form and values; rules of the exchange are left to the exchange.
    func request(_ world: World) throws(KiteError) -> OrderRequest {
        guard variety == "regular" || variety == "amo" else {
            // Their legs are not simulated, so taking them would be a lie.
            throw .input("Orders of this `variety` are not simulated.")
        }
        let symbol = try needed("tradingsymbol")
        let exchange = try needed("exchange")
        guard let instrument = world.instrument(exchange: exchange, symbol: symbol) else {
            throw .input(
                "The instrument you are placing an order for has either expired or"
                    + " does not exist."
            )
        }
        guard let side = KiteWords.side(try needed("transaction_type")) else {
            throw .input("Invalid `transaction_type`.")
        }
        guard let product = KiteWords.product(try needed("product")) else {
            throw .input("Invalid `product`.")
        }
        guard let kind = KiteWords.kind(try needed("order_type")) else {
            throw .input("Invalid `order_type`.")
        }
        guard let validity = KiteWords.validity(form.text("validity")) else {
            throw .input("Invalid `validity`.")
        }
        _ = try needed("quantity")
        guard let quantity = form.whole("quantity"), (1...100_000_000).contains(quantity) else {
            throw .input("Invalid `quantity`.")
        }
        try checkProtection(kind)
        var request = OrderRequest(
            account: call.account,
            reference: try tag(),
            instrument: instrument,
            side: side,
            product: product,
            kind: kind,
            validity: validity,
            quantity: quantity,
            price: try kind.isMarket ? .zero : price("price"),
            trigger: try kind.isStop ? price("trigger_price") : .zero
        )
        request.disclosed = form.whole("disclosed_quantity") ?? 0
        request.isAfterMarket = variety == "amo"
        if !request.isAfterMarket, !world.exchange.isOpen(at: call.now) {
            throw .order("Markets are closed right now. Use AMO or GTT instead.")
        }
        if world.lacksAuthorisation(request) {
            throw KiteError(
                status: 428,
                type: "HoldingException",
                message: "The holdings need to be authorised at CDSL before they are sold."
            )
        }
        call.mark(&request)
        return request
    }

    private func needed(_ name: String) throws(KiteError) -> String {
        guard let text = form.text(name) else {
            throw .input("Missing or empty field `\(name)`")
        }
        return text
    }

    private func price(_ name: String) throws(KiteError) -> Rupees {
        let text = try needed(name)
        guard let price = Rupees(decimal: text), price > .zero, price <= .greatest else {
            throw .input("Invalid `\(name)`.")
        }
        return price
    }

    /// Since April 2026 an order at the market without protection is not taken.
    private func checkProtection(_ kind: OrderKind) throws(KiteError) {
        guard kind.isMarket else { return }
        guard let text = form.text("market_protection") else {
            throw .input("Market orders without market protection are not allowed.")
        }
        guard let percent = Rupees(decimal: text),
            percent == Rupees(-1) || (percent > .zero && percent <= Rupees(100))
        else { throw .input("Invalid `market_protection`.") }
    }

    /// Up to 20 letters and digits; a tag used before is taken again.
    private func tag() throws(KiteError) -> String? {
        guard let text = form.text("tag") else { return nil }
        let isGood =
            text.utf8.count <= 20
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: false
                }
            }
        guard isGood else { throw .input("Invalid `tag`.") }
        return text
    }
}

extension KiteForm {
    /// A whole number; nil where it is absent or something else.
    func whole(_ name: String) -> Int64? { text(name).flatMap { Int64($0) } }
}

extension KiteFace {
    /// The body's fields: forms alone are read, whatever else is sent.
    static func form(_ call: FaceCall) throws(KiteError) -> KiteForm {
        let type = call.request.header("content-type") ?? ""
        guard type.hasPrefix("application/x-www-form-urlencoded"),
            let form = KiteForm(call.request.body)
        else { throw .input("Invalid request body.") }
        return form
    }
}
