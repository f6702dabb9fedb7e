import JSON

/// The server's side of NATS for one client: what the client says, and what is answered.
///
/// It publishes, and lets nobody else do so (docs.nats.io, "Client Protocol").
struct GrowwSocketTalk {
    /// What a client's words bring.
    enum Outcome: Equatable {
        case say(String)
        /// The last words; the connection ends with them.
        case end(String)
    }

    private static let longestLine = 4_096
    private static let largestPayload = 1 << 20
    private static let tooLong = Outcome.end(error("Maximum Control Line Exceeded"))

    private let nonce: String
    private let mostSubscriptions: Int
    private var bytes: [UInt8] = []
    /// Where what was not taken yet begins.
    private var start = 0
    /// Bytes of a publication that are to be stepped over.
    private var skipped = 0
    /// Subjects by what the client calls its subscriptions.
    private(set) var subjects: [String: String] = [:]
    /// Subscriptions that nothing was sent for yet.
    var fresh: Set<String> = []
    /// Pings that were not answered.
    private(set) var unanswered = 0
    private(set) var listener: GrowwSocketToken?

    init(nonce: String, mostSubscriptions: Int) {
        self.nonce = nonce
        self.mostSubscriptions = mostSubscriptions
    }

    /// What the server says first.
    var greeting: String {
        var info = JSONWriter()
        info.beginObject()
        info.field("server_id", "SANDBOX")
        info.field("version", "2.10.0")
        info.field("proto", 1)
        info.field("headers", true)
        info.field("auth_required", true)
        info.field("max_payload", Self.largestPayload)
        info.field("nonce", nonce)
        info.endObject()
        return "INFO " + String(decoding: info.bytes, as: UTF8.self) + "\r\n"
    }

    /// A question that shows whether the client is still there; nil where it left two unanswered.
    mutating func ping() -> String? {
        guard unanswered < 2 else { return nil }
        unanswered += 1
        return "PING\r\n"
    }

    /// Takes what the client said, up to its introduction where that is in it: what stands behind it
    /// is for the next call.
    ///
    /// `admit` knows whose token with which signature of the nonce somebody shows.
    mutating func hear(
        _ more: [UInt8],
        admit: (_ token: String, _ signature: String, _ nonce: String) -> GrowwSocketToken?
    ) -> [Outcome] {
        bytes += more
        var outcomes: [Outcome] = []
        while let line = nextLine() {
            let wasKnown = listener != nil
            let outcome =
                line.count > Self.longestLine
                ? Self.tooLong : take(String(decoding: line, as: UTF8.self), admit)
            if let outcome { outcomes.append(outcome) }
            if case .end? = outcome { return outcomes }
            if !wasKnown, listener != nil { break }
        }
        bytes.removeFirst(start)
        start = 0
        if bytes.count > Self.longestLine, !bytes.contains(UInt8(ascii: "\n")) {
            outcomes.append(Self.tooLong)
        }
        return outcomes
    }

    private mutating func nextLine() -> ArraySlice<UInt8>? {
        let stepped = min(skipped, bytes.count - start)
        start += stepped
        skipped -= stepped
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { start = end + 1 }
        return bytes[start..<end]
    }

    private mutating func take(
        _ line: String,
        _ admit: (String, String, String) -> GrowwSocketToken?
    ) -> Outcome? {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        let name = words.first?.uppercased()
        if name == "CONNECT" { return introduce(line, admit) }
        guard listener != nil else { return .end(Self.error("Authorization Violation")) }
        switch (name, words.count) {
        case ("PING", 1): return .say("PONG\r\n")
        case ("PONG", 1): unanswered = 0
        // The group of a queue, which would share messages out, is not simulated.
        case ("SUB", 3), ("SUB", 4): return subscribe(words[1], as: words[words.count - 1])
        case ("UNSUB", 2), ("UNSUB", 3):
            subjects[words[1]] = nil
            fresh.remove(words[1])
        case ("PUB", 3), ("PUB", 4), ("HPUB", 4), ("HPUB", 5):
            guard let size = Int(words[words.count - 1]),
                (0...Self.largestPayload).contains(size)
            else { return .end(Self.error("Maximum Payload Violation")) }
            skipped = size + 2
            return .say(Self.error("Permissions Violation for Publish to \"\(words[1])\""))
        default: return .end(Self.error("Unknown Protocol Operation"))
        }
        return nil
    }

    private mutating func introduce(
        _ line: String,
        _ admit: (String, String, String) -> GrowwSocketToken?
    ) -> Outcome? {
        guard let members = try? JSONValue(parsing: line.drop { $0 != "{" }.utf8.map(\.self)),
            let token = members["jwt"]?.string, let signature = members["sig"]?.string,
            let known = admit(token, signature, nonce)
        else { return .end(Self.error("Authorization Violation")) }
        listener = known
        return members["verbose"]?.bool == true ? .say("+OK\r\n") : nil
    }

    private mutating func subscribe(_ subject: String, as id: String) -> Outcome? {
        guard subjects.count < mostSubscriptions || subjects[id] != nil else {
            return .say(Self.error("maximum subscriptions exceeded"))
        }
        let isOwn = subject.hasSuffix("." + (listener?.subscription ?? ""))
        guard subject.hasPrefix("/ld/") || isOwn, !subject.contains(where: { "*>".contains($0) })
        else {
            return .say(Self.error("Permissions Violation for Subscription to \"\(subject)\""))
        }
        subjects[id] = subject
        fresh.insert(id)
        return nil
    }

    private static func error(_ words: String) -> String { "-ERR '\(words)'\r\n" }

    /// A message for each subscription to a subject.
    func messages(on subject: String, _ payload: [UInt8]) -> [[UInt8]] {
        subjects.filter { $0.value == subject }.map { Self.message(subject, $0.key, payload) }
    }

    static func message(_ subject: String, _ id: String, _ payload: [UInt8]) -> [UInt8] {
        Array("MSG \(subject) \(id) \(payload.count)\r\n".utf8) + payload + Array("\r\n".utf8)
    }
}
