package import Desk
package import HTTPClient

/// A broker's list of instruments, as it lies on some server.
package enum InstrumentFile {
    /// The file's bytes, `limit` at the most; headers that the broker wants come along.
    package static func fetch(
        _ url: String,
        by client: HTTPClient,
        headers: [(name: String, value: String)] = [],
        atMost limit: Int
    ) async throws(BrokerFailure) -> [UInt8] {
        var request = HTTPRequest(method: "GET", url: url)
        request.headers = headers
        request.repeatable = true
        request.timeout = .seconds(120)
        request.maximumResponseBytes = limit
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            throw .unreachable(error.reason)
        }
        guard response.status == 200 else { throw .unreachable("HTTP \(response.status)") }
        return response.body
    }
}
