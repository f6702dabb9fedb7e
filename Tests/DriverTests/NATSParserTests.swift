import NATS
import Secrets
import Testing

/// What a server says, taken apart.
@Suite("NATS: the protocol")
struct NATSParserTests {
    private static let said =
        "INFO {\"nonce\":\"PXoW\"}\r\nPING\r\n+OK\r\nMSG a.b 7 5\r\nx\r\ny\n\r\n"
        + "msg a.b 8 _INBOX.1 \t0\r\n\r\nHMSG a.b 9 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"
        + "-ERR 'Authorization Violation'\r\nPONG\r\n"
    private static let heard: [NATSOperation] = [
        .info(Array(#"{"nonce":"PXoW"}"#.utf8)), .ping, .ok,
        .message(NATSMessage(subject: "a.b", subscription: "7", payload: Array("x\r\ny\n".utf8))),
        .message(NATSMessage(subject: "a.b", subscription: "8", payload: [])),
        .message(NATSMessage(subject: "a.b", subscription: "9", payload: Array("hi".utf8))),
        .error("Authorization Violation"), .pong,
    ]

    private func operations(_ pieces: [[UInt8]]) throws(NATSError) -> [NATSOperation] {
        var parser = NATSParser()
        var operations: [NATSOperation] = []
        for piece in pieces {
            parser.append(piece)
            while let operation = try parser.next() { operations.append(operation) }
        }
        return operations
    }

    @Test("The same operations come of the same bytes, wherever they are cut")
    func cuts() throws {
        let bytes = Array(Self.said.utf8)
        #expect(try operations([bytes]) == Self.heard)
        #expect(try operations(bytes.map { [$0] }) == Self.heard)
        for cut in bytes.indices {
            #expect(try operations([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.heard)
        }
    }

    @Test(
        "What is no operation ends it",
        arguments: [
            "HELLO\r\n", "\r\n", "MSG a 1\r\n", "MSG a 1 x\r\n", "MSG a 1 -1\r\n",
            "MSG a 1 b c 2\r\n", "MSG a 1 1048577\r\n", "MSG a 1 99999999999999999999\r\n",
            "HMSG a 1 3 2\r\n", "HMSG a 1 2\r\n", "MSG a 1 2\r\nabc\r\n",
            "MSG a 1 1\r\na\nPING\r\n",
            String(repeating: "a", count: NATSParser.longestLine + 1),
        ]
    )
    func malformed(_ text: String) {
        #expect(throws: NATSError.self) { try operations([Array(text.utf8)]) }
    }

    @Test("An error's words are told without what cannot be shown, and not without end")
    func words() throws {
        let words = "-ERR 'a\u{1B}[31m\u{7}b" + String(repeating: "x", count: 500) + "'\r\n"
        let found = try operations([Array(words.utf8)])
        #expect(found == [.error("a[31mb" + String(repeating: "x", count: 194))])
    }

    @Test(
        "A subject is one subject, and cannot end its line",
        arguments: ["", ".", "a..b", "a.", "a b", "a\r\nPUB x", "a.*", ">", "a.\u{E9}", "a\u{0}"]
    )
    func subjects(_ text: String) {
        #expect(NATSSubscription(text, id: 1) == nil)
        #expect(NATSSubscription("/ld/eq/nse/price.2885", id: -1) == nil)
        #expect(NATSSubscription("/ld/eq/nse/price.2885", id: 1) != nil)
    }

    @Test("A user's key is spelled and signs as NATS' own library for Python does it")
    func key() {
        let key = NATSUserKey(SigningKey(seed: Array(1...32)))
        #expect(key.publicText == "UB43KVROR7TFJ6KAPCYRF2FJROTZAH4FHLTJLPWX4DRZCC5NASLGJBFE")
        let signature = SigningKey(seed: Array(1...32)).signature(of: Array("PXoWU7zWAMt75FY".utf8))
        #expect(
            Tokens.base64(signature)
                == "RkyUfhj0hZV4SGosA4w8Z2jQjAdZCALBJzhNdhfW6581WHG7tdqsG6pGlr5MATr/"
                + "YsnnyJOjpr9o2S3IT6iUBA=="
        )
        #expect(NATSUserKey().publicText != NATSUserKey().publicText)
    }

    @Test("A signature is good for its message and its key alone")
    func signatures() {
        let (key, other) = (SigningKey(), SigningKey())
        let message = Array("nonce".utf8)
        let signature = key.signature(of: message)
        #expect(SigningKey.verifies(signature, of: message, by: key.publicKey))
        #expect(!SigningKey.verifies(signature, of: message + [0], by: key.publicKey))
        #expect(!SigningKey.verifies(signature, of: message, by: other.publicKey))
        #expect(!SigningKey.verifies(Array(signature.dropLast()), of: message, by: key.publicKey))
        #expect(!SigningKey.verifies(signature, of: message, by: []))
        #expect("\(key)" == "SigningKey" && Mirror(reflecting: key).children.isEmpty)
    }
}
