import BrokerFaces
import FoundationEssentials
import JSON
import Protobuf
import Secrets
import Testing
import WebSocket

/// Groww's socket: NATS by hand, as its documents and the official SDK's library speak it.
@Suite(.timeLimit(.minutes(20))) struct GrowwSocketTests {
    private static let seed = [UInt8](1...32)
    /// The public half of that key, as NATS' library for Python spells it.
    private static let publicKey = "UB43KVROR7TFJ6KAPCYRF2FJROTZAH4FHLTJLPWX4DRZCC5NASLGJBFE"

    /// A client of the socket, which reads frame by frame.
    private struct Client {
        let socket: WebSocketConnection
        let nonce: String

        init(_ guest: SandboxGuest) async throws {
            socket = try await WebSocketClient.connect(
                url: "ws://127.0.0.1:\(guest.sandbox.webSocketPort)/groww"
            )
            var frames = socket.messages.makeAsyncIterator()
            guard case .binary(let bytes) = try await frames.next() else {
                throw WebSocketError.closed
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.hasPrefix("INFO {") && text.hasSuffix("}\r\n"))
            let info = try JSONValue(parsing: String(text.dropFirst(5)))
            #expect(info["auth_required"]?.bool == true && info["headers"]?.bool == true)
            nonce = try #require(info["nonce"]?.string)
        }

        func say(_ text: String) async throws { try await socket.send(.binary(Array(text.utf8))) }

        /// The next frame; nil at the end.
        func frame() async throws -> [UInt8]? {
            var frames = socket.messages.makeAsyncIterator()
            guard case .binary(let bytes) = try await frames.next() else { return nil }
            return bytes
        }

        func line() async throws -> String? {
            try await frame().map { String(decoding: $0, as: UTF8.self) }
        }

        /// The next message's first line and what it carries.
        func message() async throws -> (head: String, body: ProtobufMessage)? {
            guard let bytes = try await frame(), let end = bytes.firstIndex(of: 10),
                let body = ProtobufMessage(Array(bytes[(end + 1)...].dropLast(2)))
            else { return nil }
            return (String(decoding: bytes[..<end].dropLast(), as: UTF8.self), body)
        }

        func introduction(_ token: String, signed: String? = nil) -> String {
            let key = SigningKey(seed: GrowwSocketTests.seed)
            let signature = Tokens.base64(key.signature(of: Array((signed ?? nonce).utf8)))
            return "CONNECT {\"jwt\":\"\(token)\",\"sig\":\"\(signature)\",\"protocol\":1}\r\n"
        }
    }

    private func token(_ guest: SandboxGuest, key: String = publicKey) async throws
        -> (token: String, own: String)
    {
        let body = #"{"socketKey": "\#(key)"}"#
        let answer = try await guest.groww("POST", "/api/apex/v1/socket/token/create/", body)
        #expect(answer.status == 200)
        return (
            try #require(answer.json["token"]?.string),
            try #require(answer.json["subscriptionId"]?.string)
        )
    }

    private func entered(_ guest: SandboxGuest, _ lines: (String) -> String) async throws
        -> (Client, own: String)
    {
        let (token, own) = try await token(guest)
        let client = try await Client(guest)
        // All in one frame: the server takes it line by line.
        try await client.say(client.introduction(token) + lines(own) + "PING\r\n")
        #expect(try await client.line() == "PONG\r\n")
        return (client, own)
    }

    @Test func `every change of an order is told, in paise and without what is zero`() async throws
    {
        try await SandboxGuest.visit(account: SandboxGuest.growwAccount) { guest in
            try await guest.freeze("RELIANCE", "2950.00", depth: 3)
            let (client, own) = try await entered(guest) {
                "SUB stocks/order/updates.apex.\($0)  1\r\n"
            }
            let id = try await guest.place(GrowwBody(price: "2950.0")).growwOrder
            let cancel = #"{"segment":"CASH","groww_order_id":"\#(id)"}"#
            _ = try await guest.groww("POST", "/order/cancel", cancel)
            var statuses: [Int64] = []
            var last: ProtobufMessage?
            for _ in 0..<4 {
                let message = try #require(try await client.message())
                #expect(message.head.hasPrefix("MSG stocks/order/updates.apex.\(own) 1 "))
                last = message.body.message(2)
                statuses.append(last?.integer(9) ?? 0)
                #expect(message.body.messages(1).first?.text(2) != nil)
            }
            await client.socket.close()
            // NEW, APPROVED, still APPROVED with a part filled, CANCELLED.
            #expect(statuses == [0, 3, 3, 8])
            let order = try #require(last)
            #expect(order.text(7) == id && order.text(22) == "INE002A01018")
            #expect(order.integer(1) == 5 && order.integer(4) == 3 && order.integer(5) == 2)
            #expect(order.integer(2) == 295_000 && order.integer(6) == 295_000)
            // DAY, NSE, L; of CASH, CNC and B, which are zero, nothing is there.
            #expect(order.integer(10) == 1 && order.integer(11) == 1 && order.integer(14) == 1)
            #expect([12, 13, 15].allSatisfy { order.integer($0) == nil })
        }
    }

    @Test func `prices are told at once and as they change, until nobody wants them`() async throws
    {
        try await SandboxGuest.visit(account: SandboxGuest.growwAccount) { guest in
            try await guest.freeze("RELIANCE", "2950.00")
            try await guest.freeze("TCS", "4000.00")
            let (client, _) = try await entered(guest) { _ in
                "SUB /ld/eq/nse/price.2885  1\r\nSUB /ld/indices/nse/price.NIFTY  2\r\n"
            }
            let first = try #require(try await client.message())
            #expect(first.head.hasPrefix("MSG /ld/eq/nse/price.2885 1 "))
            #expect(first.body.text(1) == "2885" && first.body.integer(3) == 1)
            #expect(first.body.message(4)?.double(13) == 2_950)
            #expect(first.body.message(4)?.double(1) ?? 0 > 1_000_000_000_000)
            try await guest.freeze("RELIANCE", "2961.50")
            #expect(try await client.message()?.body.message(4)?.double(13) == 2_961.5)
            try await client.say("UNSUB 1\r\nSUB /ld/eq/nse/book.11536 3\r\nPING\r\n")
            #expect(try await client.line() == "PONG\r\n")
            // Of the first one nothing more comes.
            try await guest.freeze("RELIANCE", "2970.00")
            let book = try #require(try await client.message())
            #expect(book.head.hasPrefix("MSG /ld/eq/nse/book.11536 3 "))
            let bids = try #require(book.body.message(5)).messages(2)
            let asks = try #require(book.body.message(5)).messages(3)
            #expect(bids.count == 5 && asks.count == 5)
            let bid = try #require(bids.first?.message(2)?.double(1))
            let ask = try #require(asks.first?.message(2)?.double(1))
            #expect(bid < ask && ask < 4_100)
            await client.socket.close()
        }
    }

    @Test func `nobody enters without a token of his own and its key's signature`() async throws {
        try await SandboxGuest.visit(account: SandboxGuest.growwAccount) { guest in
            let good = try await token(guest).token
            let ofNoKey = try await token(guest, key: "UNKEYPUBLIC").token
            let refused = "-ERR 'Authorization Violation'\r\n"
            for (token, signed) in [(good, "another"), ("A.B.C", nil), (ofNoKey, nil)] {
                let client = try await Client(guest)
                try await client.say(client.introduction(token, signed: signed))
                #expect(try await client.line() == refused)
                #expect(try await client.frame() == nil)
            }
            for line in ["PING\r\n", "CONNECT {}\r\n", "SUB /ld/eq/nse/price.2885 1\r\n"] {
                let client = try await Client(guest)
                try await client.say(line)
                #expect(try await client.line() == refused)
            }
            // It ends with the session that it came of.
            let login = #"{"key_type":"totp","totp":"123456"}"#
            let headers = [(name: "Authorization", value: "Bearer \(SandboxGuest.client)")]
            _ = try await guest.send(
                "POST",
                "/groww/v1/token/api/access",
                headers: headers,
                login
            )
            let client = try await Client(guest)
            try await client.say(client.introduction(good))
            #expect(try await client.line() == refused)
        }
    }

    @Test func `what a client may not do is refused, and what is no protocol ends it`() async throws
    {
        try await SandboxGuest.visit(account: SandboxGuest.growwAccount) { guest in
            let (client, _) = try await entered(guest) { _ in "" }
            for (said, answer) in [
                (
                    "SUB stocks/order/updates.apex.SOMEBODY 1\r\n",
                    "Permissions Violation for Subscription to"
                        + " \"stocks/order/updates.apex.SOMEBODY\""
                ),
                ("SUB /ld/> 1\r\n", "Permissions Violation for Subscription to \"/ld/>\""),
                ("PUB a 6\r\nPING\r\n\r\n", "Permissions Violation for Publish to \"a\""),
            ] {
                try await client.say(said)
                #expect(try await client.line() == "-ERR '\(answer)'\r\n")
            }
            let many = (0...1_000).map { "SUB /ld/eq/nse/price.\(90_000 + $0) \($0)\r\n" }.joined()
            try await client.say(many)
            #expect(try await client.line() == "-ERR 'maximum subscriptions exceeded'\r\n")
            await client.socket.close()
            for said in ["HELLO\r\n", String(repeating: "x", count: 5_000)] {
                let (client, _) = try await entered(guest) { _ in "" }
                try await client.say(said)
                #expect(try await client.line()?.hasPrefix("-ERR '") == true)
                #expect(try await client.frame() == nil)
            }
        }
    }

    @Test func `what the official SDK was seen to say is taken, frame by frame`() async throws {
        try await SandboxGuest.visit(account: SandboxGuest.growwAccount) { guest in
            let (token, own) = try await token(guest)
            let client = try await Client(guest)
            let frames = try Self.capturedFrames()
            #expect(frames.count == 14)
            var pings = 0
            for frame in frames + ["PING"] {
                if frame.hasPrefix("CONNECT ") {
                    let theirs = try JSONValue(parsing: String(frame.dropFirst(8)))
                    let key = SigningKey(seed: Self.seed)
                    let signature = Tokens.base64(key.signature(of: Array(client.nonce.utf8)))
                    try await client.say(
                        frame.replacing(theirs["jwt"]?.string ?? "", with: token)
                            .replacing(theirs["sig"]?.string ?? "", with: signature) + "\r\n"
                    )
                } else {
                    try await client.say(frame.replacing("SUBID1", with: own) + "\r\n")
                    if frame == "PING" { pings += 1 }
                }
            }
            // Prices may come in between, and nothing else.
            while pings > 0 {
                let said = String(decoding: try #require(try await client.frame()), as: UTF8.self)
                #expect(said == "PONG\r\n" || said.hasPrefix("MSG /ld/eq/nse/"))
                if said == "PONG\r\n" { pings -= 1 }
            }
            await client.socket.close()
        }
    }

    /// What the client says in the capture of the SDK's socket.
    private static func capturedFrames(file: String = #filePath) throws -> [String] {
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(tests)/BrokerTests/Payloads/groww/sdk-frames.jsonl"
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        return try contents.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let row = try JSONValue(parsing: Array(line))
            return row["event"]?.string == "frame" ? row["text"]?.string : nil
        }
    }
}
