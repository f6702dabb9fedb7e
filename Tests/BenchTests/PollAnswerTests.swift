import Testing

@testable import bench

@Suite("Answers to polls") struct PollAnswerTests {
    private static let whole = Array(
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"abc\"\r\n"
            + "Content-Length: 5\r\n\r\n{\"a\"}").utf8
    )

    @Test("An answer is whole when its body is, and not a byte before")
    func whole() throws {
        for count in 0..<Self.whole.count {
            try #require(PollAnswer(Array(Self.whole[..<count])) == nil, "\(count) bytes")
        }
        let answer = try #require(PollAnswer(Self.whole))
        #expect(answer.status == 200)
        #expect(answer.tag.map { String(decoding: $0, as: UTF8.self) } == "\"abc\"")
    }

    @Test("An answer that nothing has changed has no body, whatever length it names")
    func unchanged() throws {
        let bytes = "HTTP/1.1 304 Not Modified\r\ncontent-length: 700\r\netag: \"x\"\r\n\r\n"
        let answer = try #require(PollAnswer(Array(bytes.utf8)))
        #expect(answer.status == 304)
    }

    @Test("A refusal is seen as one")
    func refusal() throws {
        let bytes = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
        let answer = try #require(PollAnswer(Array(bytes.utf8)))
        #expect(answer.status == 401)
        #expect(answer.tag == nil)
    }
}
