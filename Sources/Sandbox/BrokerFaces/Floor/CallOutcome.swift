import HTTPServer

/// How a call ends: its reply, and what an injected fault makes of it.
struct CallOutcome<Face: BrokerFace>: Sendable {
    var reply: FaceReply
    var fault = FaultPlan.Draw()
    var pause: Int64 = 0

    init(reply: FaceReply) {
        self.reply = reply
    }

    func response() async -> HTTPServerResponse {
        let wait = pause + fault.delayMilliseconds
        // A cancelled sleep means that the server stops: the answer may then go out early.
        if wait > 0 { try? await Task.sleep(for: .milliseconds(wait)) }
        switch fault.answer?.kind {
        case nil, .delay, .rejectedAfterAccept, .hideFromBook, .leaveBookWhenEnded, .wrongClock,
            .cancelIgnored, .modifyIgnored:
            return reply.response
        case .answerWithoutBooking, .answerButPlaced:
            return answerOfRule
        case .dropAfterBooking, .dropBeforeBooking:
            return HTTPServerResponse(status: 200, body: .dropConnection)
        case .reset:
            return HTTPServerResponse(status: 200, body: .resetConnection)
        case .resetMidBody:
            let half = Array(reply.body.prefix(max(1, reply.body.count / 2)))
            return HTTPServerResponse(
                status: reply.status,
                headers: [("Content-Type", reply.contentType)],
                body: .truncated(half, claimedLength: reply.body.count)
            )
        case .status429:
            return refusal(.tooManyCalls)
        case .status500:
            return refusal(.internalError)
        case .status503:
            return gateway(503, "Service Temporarily Unavailable")
        case .status504ButPlaced:
            return gateway(504, "Gateway Time-out")
        case .status400ButPlaced:
            return refusal(.orderTimedOut)
        case .tokenExpired:
            return refusal(.authentication)
        case .garbageBody:
            return FaceReply(Array("<<%&\u{0}{\"order".utf8)).response
        case .errorWith200:
            return refusal(.orderRefusedWith200)
        }
    }

    /// The status and code that the fault's rule names.
    ///
    /// A redirect points back at the placement: whoever follows it is counted twice.
    private var answerOfRule: HTTPServerResponse {
        let status = fault.answer?.status ?? 400
        if let code = fault.answer?.code {
            return refusal(.injected(status: status, code: code))
        }
        var response = gateway(status, "Answered on purpose")
        if (300...399).contains(status) {
            response.headers.append(("Location", Face.placing))
        }
        return response
    }

    private func refusal(_ common: CommonRefusal) -> HTTPServerResponse {
        Face.refusal(common).reply.response
    }

    private func gateway(_ status: Int, _ words: String) -> HTTPServerResponse {
        let page = "<html><head><title>\(status) \(words)</title></head></html>"
        return FaceReply(status: status, Array(page.utf8), contentType: "text/html").response
    }
}
