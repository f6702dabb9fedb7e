package import Desk
package import HTTPClient

/// The HTTP calls of one broker: where it is, how long it may take, and where orders leave from.
package struct BrokerCalls: Sendable {
    /// Scheme, host and path prefix, without a slash at the end.
    package let base: String
    private let client: HTTPClient
    private let timeout: Duration

    /// Calls to a broker; one call takes at most `timeout`, which must be shorter than a lease.
    package init(base: String, client: HTTPClient, timeout: Duration = .seconds(10)) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.client = client
        self.timeout = timeout
    }

    /// Sends once, never again under any circumstances, and not at all past the deadline or where the
    /// brake holds it in the last moment.
    package func sendOnce(
        _ method: String,
        _ path: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        egress: String?,
        before deadline: ContinuousClock.Instant?,
        unless brake: SendBrake? = nil
    ) async throws(HTTPFailure) -> HTTPResponse {
        var request = HTTPRequest(method: method, url: base + path)
        request.headers = headers
        request.body = body
        request.timeout = timeout
        request.egress = Self.egress(egress)
        request.repeatable = false
        request.sendBefore = deadline
        if let brake { request.obstacle = { brake.obstacle() } }
        return try await client.send(request)
    }

    /// Reads, or does what may be repeated; tried a second time where the first got no answer.
    package func read(
        _ method: String,
        _ path: String,
        headers: [(name: String, value: String)],
        body: [UInt8]? = nil,
        egress: String? = nil
    ) async throws(BrokerFailure) -> HTTPResponse {
        var request = HTTPRequest(method: method, url: base + path)
        request.headers = headers
        request.body = body
        request.timeout = timeout
        request.egress = Self.egress(egress)
        request.repeatable = true
        do {
            return try await client.send(request)
        } catch {
            if Task.isCancelled { throw .unreachable("cancelled") }
        }
        do {
            return try await client.send(request)
        } catch {
            throw .unreachable(error.reason)
        }
    }

    /// Changes something of an account, once; where no answer comes nobody knows whether it is done.
    package func change(
        _ method: String,
        _ path: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        egress: String?
    ) async throws(BrokerFailure) -> HTTPResponse {
        do {
            return try await sendOnce(
                method,
                path,
                headers: headers,
                body: body,
                egress: egress,
                before: nil
            )
        } catch {
            switch error {
            case .notSent(let reason): throw .unreachable("not sent: " + reason)
            case .unanswered(let reason):
                throw .unreachable("it may be done or not, ask before it is tried again: " + reason)
            }
        }
    }

    private static func egress(_ text: String?) -> Egress? {
        guard let text else { return nil }
        return text.contains("://") ? .proxy(text) : .address(text)
    }
}
