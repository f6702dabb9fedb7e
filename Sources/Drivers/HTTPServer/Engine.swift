import Blocking
import CMicroHTTPD
import Telemetry

/// What the library's callbacks work with.
final class Engine: Sendable {
    let exchanges = Exchanges()
    let mailbox = Mailbox<DaemonLetter>()
    let logger: Logger
    let meter: RequestMeter?
    /// Sent with every answer that has none of this name, which is in lower case here.
    let headers: [(name: String, value: String)]
    private let router: Router
    private let maximumBodyBytes: Int
    private let fallback: HTTPServer.Fallback

    init(
        _ router: Router,
        maximumBodyBytes: Int,
        headers: [(name: String, value: String)],
        fallback: @escaping HTTPServer.Fallback,
        logger: Logger,
        meter: RequestMeter?
    ) {
        self.router = router
        self.maximumBodyBytes = maximumBodyBytes
        self.headers = headers.map { ($0.name.lowercased(), $0.value) }
        self.fallback = fallback
        self.logger = logger
        self.meter = meter
    }

    /// Reads the head of a request and decides what becomes of it.
    func exchange(_ connection: OpaquePointer, method: String, rawPath: UnsafeBufferPointer<UInt8>)
        -> Exchange
    {
        var head = HTTPServerRequest(method: method, path: "")
        RequestHead.read(from: connection, into: &head)
        let intake = route(
            &head,
            rawPath,
            hasValidQuery: RequestHead.readQuery(of: connection, into: &head)
        )
        return Exchange(
            connection: ConnectionHandle(connection, mailbox),
            engine: self,
            head: head,
            intake: intake
        )
    }

    /// The answer to a request that reached no handler, with what HTTP requires of it.
    func refuse(_ request: HTTPServerRequest, _ refusal: HTTPRefusal) -> HTTPServerResponse {
        var response = fallback(request, refusal)
        if case .methodNotAllowed(let allowed) = refusal, response.header("allow") == nil {
            response.headers.append(("Allow", allowed.joined(separator: ", ")))
        }
        if case .malformed = refusal, response.header("connection") == nil {
            response.headers.append(("Connection", "close"))
        }
        return response
    }

    private func route(
        _ head: inout HTTPServerRequest,
        _ rawPath: UnsafeBufferPointer<UInt8>,
        hasValidQuery: Bool
    ) -> Intake {
        func refused(_ refusal: HTTPRefusal) -> Intake {
            Intake(.refusal(refusal), limit: maximumBodyBytes, headers: head.headers)
        }
        guard let path = PercentEncoding.decode(rawPath),
            let segments = PercentEncoding.segments(ofPath: rawPath)
        else {
            head.path = String(decoding: rawPath, as: UTF8.self)
            return refused(.malformed(reason: "the path is not valid percent-encoded UTF-8"))
        }
        head.path = path
        guard hasValidQuery else {
            return refused(.malformed(reason: "the query is not valid percent-encoded UTF-8"))
        }
        guard RequestHead.hasOneLength(head) else {
            return refused(.malformed(reason: "the body's length is given in two ways"))
        }
        switch router.match(method: head.method, segments: segments) {
        case .refused(let refusal): return refused(refusal)
        case .route(let route, let parameters):
            head.pathParameters = parameters
            return Intake(
                .route(route),
                limit: route.maximumBodyBytes ?? maximumBodyBytes,
                headers: head.headers
            )
        }
    }
}
