import HTTPClient

/// Sends postbacks over HTTP: one attempt, whatever comes of it.
struct PostbackSender: Sendable {
    private let client = HTTPClient()

    func send(_ letter: Postbacks.Letter) async {
        var request = HTTPRequest(method: "POST", url: letter.url)
        request.headers = [(name: "Content-Type", value: "application/json")]
        request.body = letter.body
        request.timeout = .seconds(5)
        // A postback that does not arrive is lost, as the broker's own would be.
        _ = try? await client.send(request)
    }

    func close() async {
        await client.close()
    }
}
