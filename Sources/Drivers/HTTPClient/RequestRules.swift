/// What a request must keep to, so that it is sent as it is meant.
enum RequestRules {
    /// Headers that the client writes itself; another's could make two requests out of one.
    private static let ownHeaders: Set<String> = ["content-length", "transfer-encoding", "expect"]

    /// What is wrong with the request; nil where nothing is.
    static func fault(in request: HTTPRequest) -> String? {
        guard isToken(request.method) else { return "not a method" }
        guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "the URL holds what must be percent-encoded"
        }
        for (name, value) in request.headers {
            guard isToken(name) else { return "not a header's name" }
            // No line end, no zero: neither another header nor another request can be smuggled in.
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                return "a control character in the header \(name)"
            }
            if ownHeaders.contains(name.lowercased()) {
                return "the header \(name) is the client's to set"
            }
        }
        switch request.egress {
        case .address(let text), .proxy(let text):
            return text.isEmpty || text.utf8.contains { $0 <= 0x20 } ? "not an egress" : nil
        case nil: return nil
        }
    }

    /// The scheme, host and port of a URL as written, which limits are kept by.
    static func origin(of url: String) -> String {
        let text = url.utf8
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return url }
        let start = text[colon...].drop { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }
        let end = start.firstIndex { "/?#".utf8.contains($0) } ?? text.endIndex
        return String(url[..<end]).lowercased()
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
