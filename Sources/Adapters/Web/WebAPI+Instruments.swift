import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Search in the instrument master, and the order book of one instrument.
    var instrumentRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/instruments") { request in
                _ = try await authentication.caller(request)
                let text = request.query("q") ?? request.query("search") ?? ""
                guard text.utf8.count <= 100 else {
                    throw Problem.invalid("q", "wrong_length", "q has at most 100 characters.")
                }
                let found = try await stores.instruments.search(
                    text,
                    limit: try request.limit(default: 50, most: 500)
                )
                let quotes = await readQuotes.remembered(found.map(\.instrument.id))
                return .json { body in
                    body.beginObject()
                    body.key("instruments")
                    body.beginArray()
                    for listed in found { body.listed(listed, quotes[listed.instrument.id]) }
                    body.endArray()
                    body.endObject()
                }
            },
            route("GET", "/api/v1/instruments/depth") { try await showDepth($0) },
        ]
    }

    private func showDepth(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trader = try await trader(of: caller, request)
        guard let symbol = request.query("symbol"), (1...50).contains(symbol.utf8.count) else {
            throw Problem.invalid("symbol", "required", "Name the instrument: ?symbol=TCS")
        }
        let name = request.query("exchange") ?? ExchangeName.nse.rawValue
        guard let exchange = ExchangeName(rawValue: name) else {
            throw Problem.invalid("exchange", "unknown_word", "exchange must be NSE or BSE.")
        }
        let instrument = try await instrument(symbol, at: exchange)
        switch await readDepth(instrument.id, for: trader) {
        case .success(let told): return .json { $0.depth(told, of: instrument) }
        case .failure(let untold):
            throw Problem(409, "no_depth", "Nobody tells the order book now: \(untold.words).")
        }
    }
}
