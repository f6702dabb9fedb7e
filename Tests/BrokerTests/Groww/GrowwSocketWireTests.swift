import BrokerKit
import Desk
import FoundationEssentials
import JSON
import Synchronization
import Testing
import Trading
import WebSocket

@testable import Groww

/// What goes out over the socket, beside what Groww's official SDK was seen to send.
@Suite("Groww: the socket's wire", .timeLimit(.minutes(10)))
struct GrowwSocketWireTests {
    /// What the SDK said, one after the other.
    private static func captured(file: String = #filePath) throws -> [String] {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Payloads/groww/sdk-frames.jsonl"
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        return try contents.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let row = try JSONValue(parsing: Array(line))
            return row["event"]?.string == "frame" ? row["text"]?.string : nil
        }
    }

    private static func subjects(_ lines: [String]) -> Set<String> {
        Set(
            lines.compactMap { line in
                let words = line.split(separator: " ")
                return words.first == "SUB" ? words[1].description : nil
            }
        )
    }

    @Test("The introduction has the SDK's members, and the subjects are the SDK's")
    func frames() async throws {
        let theirs = try Self.captured()
        let lines = Mutex<[String]>([])
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { peer in
            try? await peer.send(.binary(Array("INFO {\"nonce\":\"N\"}\r\n".utf8)))
            var messages = peer.messages.makeAsyncIterator()
            while case .binary(let bytes) = try? await messages.next() {
                let text = String(decoding: bytes, as: UTF8.self)
                lines.withLock { $0 += text.split(separator: "\r\n").map(String.init) }
                guard text.hasSuffix("PING\r\n") else { continue }
                try? await peer.send(.binary(Array("PONG\r\n".utf8)))
            }
        }
        try server.start()
        let url = "ws://127.0.0.1:\(server.port)"
        let path = "POST /api/apex/v1/socket/token/create/"
        let token = Canned(#"{"token":"T","subscriptionId":"SUBID1"}"#)
        try await CannedGroww.visit([path: [token]]) { broker, _ in
            let stream = GrowwOrderStream(url: url, calls: broker.calls)
            let feed = FeedSocket(
                .groww,
                room: GrowwFeed.room,
                GrowwFeed(url: url, calls: broker.calls)
            )
            let wanted = FeedSubscription([FeedUnderTest.groww.named(FeedUnderTest.reliance)])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let listener = OrderStreamListener(
                        hinted: { _ in },
                        connected: {},
                        lost: { _, _ in }
                    )
                    await stream.follow(GrowwSample.session(), listener)
                }
                group.addTask {
                    await feed.follow(
                        GrowwSample.session(),
                        wanted,
                        FeedListener(ticked: { _ in })
                    )
                }
                try await until("both have subscribed") {
                    Self.subjects(lines.withLock { $0 }).count == 4
                }
                group.cancelAll()
            }
        }
        await server.stop()
        let ours = lines.withLock { $0 }
        let common = Self.subjects(theirs).intersection(Self.subjects(ours))
        #expect(
            common == [
                "stocks/order/updates.apex.SUBID1", "stocks_fo/order/updates.apex.SUBID1",
                "/ld/eq/nse/price.2885", "/ld/eq/nse/book.2885",
            ]
        )
        #expect(common == Self.subjects(ours))
        let introductions = try (theirs + ours).filter { $0.hasPrefix("CONNECT ") }
            .map { try JSONValue(parsing: String($0.dropFirst(8))) }
        #expect(introductions.count == 3)
        let names = introductions.map { $0.object?.keys.sorted() ?? [] }
        #expect(names.allSatisfy { $0 == names[0] })
        for name in ["echo", "headers", "no_responders", "pedantic", "verbose"] {
            #expect(introductions.allSatisfy { $0[name]?.bool == introductions[0][name]?.bool })
        }
    }
}
