import HTTPServer
import JSON

/// What a face answers.
struct FaceReply: Sendable {
    var status: Int
    var body: [UInt8]
    var contentType = "application/json"
    var headers: [(String, String)] = []

    init(status: Int = 200, _ body: [UInt8], contentType: String = "application/json") {
        self.status = status
        self.body = body
        self.contentType = contentType
    }

    init(status: Int = 200, _ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 512)
        write(&writer)
        self.init(status: status, writer.bytes)
    }

    var response: HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            headers: [("Content-Type", contentType)] + headers,
            body: .bytes(body)
        )
    }
}
