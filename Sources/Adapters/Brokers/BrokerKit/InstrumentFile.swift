package import CSV
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

    /// The rows of a file that has a header with these columns at least.
    package static func table(_ bytes: [UInt8], with columns: [String]) throws(BrokerFailure)
        -> CSVTable
    {
        guard let table = CSVTable(bytes) else { throw .unreachable("an empty file") }
        guard table.has(columns) else {
            throw .unreachable("the file lacks a column that is needed")
        }
        return table
    }
}

/// Reads several lists one after the other.
package struct ChainedReader: InstrumentReader {
    private var lists: ArraySlice<InstrumentList>
    private var reader: (any InstrumentReader)?

    package init(_ lists: [InstrumentList]) { self.lists = lists[...] }

    package mutating func next() throws(BrokerFailure) -> InstrumentListing? {
        while true {
            if let listing = try reader?.next() { return listing }
            guard let list = lists.popFirst() else { return nil }
            reader = try list.reader()
        }
    }
}
