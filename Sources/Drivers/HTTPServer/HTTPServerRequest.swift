/// One request, complete with its body.
package struct HTTPServerRequest: Sendable {
    /// As sent, upper case by convention; `HEAD` stays `HEAD` though a `GET` route answers it.
    package var method: String
    /// Percent-decoded, without the query; as sent where it could not be decoded (`HTTPRefusal`).
    package var path: String
    /// Decoded pairs in the order of the address; a name may come more than once.
    package var query: [(name: String, value: String)]
    /// Names in lower case, in the order sent.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// What the `{name}` segments of the route matched, decoded.
    package var pathParameters: [String: String]
    /// The peer's numeric address; of a proxy, where one stands between.
    package var remoteAddress: String

    /// Makes a request by hand, for calling a handler without a server.
    package init(
        method: String,
        path: String,
        query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        pathParameters: [String: String] = [:],
        remoteAddress: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.pathParameters = pathParameters
        self.remoteAddress = remoteAddress
    }

    /// The first header of this name, which must be given in lower case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The first query value of this name.
    package func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}
