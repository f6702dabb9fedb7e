/// Takes apart what a NATS server says, wherever its bytes are cut.
///
/// Start with `append`, then take `next` until it gives nothing.
/// 1. The same bytes give the same operations, in whatever pieces they come.
/// 2. What is kept is bounded: a line and a payload have a largest size, and what goes beyond, or is
///    no operation at all, ends the connection.
package struct NATSParser: Sendable {
    /// A line without an end beyond this is refused; a server's description of itself fits in.
    package static let longestLine = 64 << 10
    /// As large as servers let messages be, if nobody tells them otherwise.
    package static let largestPayload = 1 << 20

    /// A message whose line has come, and whose payload has not.
    private struct Awaited {
        let subject: String
        let subscription: String
        let headers: Int
        let total: Int
    }

    private var bytes: [UInt8] = []
    /// Where what is not yet read begins.
    private var start = 0
    /// Before here there is no end of the line.
    private var searched = 0
    private var awaited: Awaited?

    package init() {}

    /// Takes what came.
    package mutating func append(_ more: [UInt8]) {
        // In one move, so that each of many operations in a frame costs nothing of the others.
        bytes.removeFirst(start)
        searched -= start
        start = 0
        bytes += more
    }

    /// The next operation; nil where more must come first.
    package mutating func next() throws(NATSError) -> NATSOperation? {
        while true {
            if let awaited {
                guard let payload = try payload(awaited) else { return nil }
                self.awaited = nil
                return .message(
                    NATSMessage(
                        subject: awaited.subject,
                        subscription: awaited.subscription,
                        payload: payload
                    )
                )
            }
            guard let line = try line() else { return nil }
            if let operation = try read(line) { return operation }
        }
    }

    /// The next line without its end.
    private mutating func line() throws(NATSError) -> ArraySlice<UInt8>? {
        guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            guard bytes.count - start <= Self.longestLine else {
                throw .malformed("a line without an end")
            }
            return nil
        }
        let line = bytes[start..<end]
        start = end + 1
        searched = start
        guard line.count <= Self.longestLine else { throw .malformed("too long a line") }
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    /// The payload behind the headers, once all of it is there with the end of a line.
    private mutating func payload(_ awaited: Awaited) throws(NATSError) -> [UInt8]? {
        let end = start + awaited.total
        guard bytes.count >= end + 2 else { return nil }
        guard bytes[end] == UInt8(ascii: "\r"), bytes[end + 1] == UInt8(ascii: "\n") else {
            throw .malformed("a payload of another length than was said")
        }
        let payload = Array(bytes[start + awaited.headers..<end])
        start = end + 2
        searched = start
        return payload
    }

    /// What a line says; nil where it announces a message.
    private mutating func read(_ line: ArraySlice<UInt8>) throws(NATSError) -> NATSOperation? {
        let name = line.prefix { !Self.isBlank($0) }
        let rest = line[name.endIndex...].drop(while: Self.isBlank)
        // The protocol takes its names in letters of either size.
        switch String(decoding: name, as: UTF8.self).uppercased() {
        case "MSG": awaited = try Self.announced(rest, hasHeaders: false)
        case "HMSG": awaited = try Self.announced(rest, hasHeaders: true)
        case "PING": return .ping
        case "PONG": return .pong
        case "+OK": return .ok
        case "-ERR": return .error(Self.words(rest))
        case "INFO": return .info(Array(rest))
        default: throw .malformed("no operation")
        }
        return nil
    }

    /// `subject id [reply-to] [size of headers] size`.
    private static func announced(
        _ rest: ArraySlice<UInt8>,
        hasHeaders: Bool
    ) throws(NATSError) -> Awaited {
        var words = rest.split(whereSeparator: isBlank)
        let total = words.popLast().flatMap(size)
        let headers = hasHeaders ? words.popLast().flatMap(size) : 0
        guard let total, let headers, headers <= total, words.count == 2 || words.count == 3,
            let subject = String(validating: words[0], as: UTF8.self),
            let subscription = String(validating: words[1], as: UTF8.self)
        else { throw .malformed("no announcement of a message") }
        return Awaited(
            subject: subject,
            subscription: subscription,
            headers: headers,
            total: total
        )
    }

    private static func size(_ word: ArraySlice<UInt8>) -> Int? {
        guard (1...8).contains(word.count), word.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        let size = word.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return size <= largestPayload ? size : nil
    }

    /// An error's words, without their quotes and whatever cannot be shown.
    private static func words(_ rest: ArraySlice<UInt8>) -> String {
        let shown = rest.filter { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "'") }
        return String(decoding: shown.prefix(200), as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
