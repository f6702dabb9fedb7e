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
            }
        ]
    }
}
