package import Desk
import Trading

/// Postback and live order update (dhan.md §7): both say which order changed; neither is trusted.
///
/// Read without a JSON parser: the documents' own sample repeats a member, which a strict parser
/// refuses, and a hint needs no more than some texts. An order without a reference may have come of a
/// forever order or a conditional trigger. Of those triggers themselves the documents say that they
/// post too, and not in which form: their id is known by its name.
package struct DhanHints: HintReader {
    /// What Dhan takes as a correlation id at the most.
    private static let longest = 30

    package init() {}

    package func hints(in message: [UInt8]) -> [BrokerHint] {
        // Postbacks carry the order itself; the socket wraps it in Data, in Pascal case.
        var texts = JSONTexts(message)
        var references: [String] = []
        var (client, code, alert): (String?, String?, String?)
        var waits = false
        while let text = texts.next() {
            guard let member = Self.member(text), let value = texts.nextAsValue() else { continue }
            switch member {
            case .status: waits = waits || Self.isWaiting(value)
            case .reference:
                guard let reference = Self.plain(value), !references.contains(reference) else {
                    continue
                }
                references.append(reference)
            case .client: client = Self.plain(value)
            case .code: code = Self.plain(value)
            case .alert: alert = Self.plain(value)
            }
        }
        if let alert { return [.conditional(alert)] }
        guard references.isEmpty else {
            // That an order waits is no news: it was sent to wait.
            return waits ? [] : references.map { .order($0) }
        }
        guard let client, let code else { return [] }
        return [.foreignOrder(client: client, code: code)]
    }

    private enum Member {
        case reference, status, client, code, alert
    }

    private static let names: [(String, Member)] = [
        ("CorrelationId", .reference), ("correlationId", .reference), ("orderStatus", .status),
        ("Status", .status), ("dhanClientId", .client), ("ClientId", .client),
        ("securityId", .code), ("SecurityId", .code), ("alertId", .alert),
    ]
    private static let members = names.map { (name: Array($0.0.utf8), member: $0.1) }

    private static func member(_ text: ArraySlice<UInt8>) -> Member? {
        members.first { name, _ in name.count == text.count && text.elementsEqual(name) }?.member
    }

    private static func isWaiting(_ word: ArraySlice<UInt8>) -> Bool {
        switch DhanWords.status(String(decoding: word, as: UTF8.self)) {
        case .inTransit, .open: true
        case .partlyFilled, .filled, .cancelled, .rejected, .expired, nil: false
        }
    }

    /// Letters, digits, `_` and `-`, as our references and their ids are; nil for anything else.
    private static func plain(_ text: ArraySlice<UInt8>) -> String? {
        let isOurs = text.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isOurs, (1...longest).contains(text.count) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The texts in quotes of some JSON, one after the other, with their escapes left as they are.
private struct JSONTexts {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next text, be it a member's name or a value; nil at the end.
    mutating func next() -> ArraySlice<UInt8>? {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += 1 }
        let start = position + 1
        position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[start..<position]
    }

    /// The text that stands behind a colon right here; nil where there is none.
    mutating func nextAsValue() -> ArraySlice<UInt8>? {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { return nil }
        position += 1
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        return next()
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
        }
    }
}
