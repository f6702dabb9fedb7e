import CMicroHTTPD
import Glibc

/// Copies what the library has parsed of a request's head.
enum RequestHead {
    static func read(from connection: OpaquePointer, into request: inout HTTPServerRequest) {
        request.headers.reserveCapacity(12)
        withUnsafeMutablePointer(to: &request.headers) { headers in
            _ = MHD_get_connection_values_n(
                connection,
                .HEADER_KIND,
                { context, _, key, keyLength, value, valueLength in
                    let headers = context?.assumingMemoryBound(
                        to: [(name: String, value: String)].self
                    )
                    headers?.pointee.append(
                        (
                            RequestHead.lowercased(key, keyLength),
                            RequestHead.text(value, valueLength)
                        )
                    )
                    return .YES
                },
                headers
            )
        }
        request.remoteAddress = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) {
            buffer in
            guard let start = buffer.baseAddress, cmicrohttpd_peer(connection, start, 64) != 0
            else {
                return ""
            }
            return String(cString: start)
        }
    }

    /// False where a name or a value is not validly encoded.
    static func readQuery(of connection: OpaquePointer, into request: inout HTTPServerRequest)
        -> Bool
    {
        var query = Query()
        withUnsafeMutablePointer(to: &query) { query in
            _ = MHD_get_connection_values_n(
                connection,
                .GET_ARGUMENT_KIND,
                { context, _, key, keyLength, value, valueLength in
                    let query = context?.assumingMemoryBound(to: Query.self)
                    guard let name = PercentEncoding.decode(RequestHead.bytes(key, keyLength)),
                        let value = PercentEncoding.decode(RequestHead.bytes(value, valueLength))
                    else {
                        query?.pointee.isValid = false
                        return .NO
                    }
                    query?.pointee.pairs.append((name, value))
                    return .YES
                },
                query
            )
        }
        request.query = query.pairs
        return query.isValid
    }

    /// A length in two ways is how requests are smuggled past a proxy.
    static func hasOneLength(_ request: HTTPServerRequest) -> Bool {
        var ways = 0
        for (name, _) in request.headers
        where name == "content-length" || name == "transfer-encoding" {
            ways += 1
        }
        return ways <= 1
    }

    private struct Query {
        var pairs: [(name: String, value: String)] = []
        var isValid = true
    }

    private static func bytes(_ start: UnsafePointer<CChar>?, _ count: Int) -> UnsafeBufferPointer<
        UInt8
    > {
        UnsafeBufferPointer(
            start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self),
            count: start == nil ? 0 : count
        )
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: bytes(start, count), as: UTF8.self)
    }

    private static func lowercased(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        let source = bytes(start, count)
        return String(unsafeUninitializedCapacity: count) { target in
            for (index, byte) in source.enumerated() {
                let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                target[index] = isUpper ? byte | 0x20 : byte
            }
            return source.count
        }
    }
}
