/// One request on its way, and what has come back so far.
///
/// Unchecked, because its fields need no lock: the caller fills it, hands it over through the
/// mailbox's lock, and from then on the loop's thread alone touches it.
final class Transfer: @unchecked Sendable {
    enum Reply {
        case none
        case whole(CheckedContinuation<Result<HTTPResponse, HTTPFailure>, Never>)
        case pieces(AsyncThrowingStream<[UInt8], any Error>.Continuation)
    }
    enum Stage { case new, waiting, running, done }

    /// More bytes of header lines than this are not read.
    static let longestHead = 64 << 10

    let request: HTTPRequest
    /// When its time is up, in nanoseconds of the loop's clock.
    let deadline: UInt64
    var reply = Reply.none
    var stage = Stage.new
    var isCancelled = false
    /// How often libcurl was let go ahead with sending.
    private(set) var departures = 0
    /// Why the transfer was stopped from this side, if it was.
    private(set) var fault: String?
    var bodySent = 0
    private var head: [UInt8] = []
    /// Whether the empty line has come that ends the header lines.
    private(set) var isHeadWhole = false
    private var body: [UInt8] = []
    private var response: HTTPResponse?
    /// The handle that carries it while it runs.
    var handle: EasyHandle?
    /// Whose places it takes while it runs.
    var place: (line: WaitingLine, lane: Lane)?

    init(_ request: HTTPRequest) {
        self.request = request
        deadline = LoopClock.now + LoopClock.nanoseconds(request.timeout)
    }

    var isStream: Bool {
        if case .pieces = reply { true } else { false }
    }

    /// Why the request must not be sent any more; nil while it may.
    func reasonNotToStart(at now: UInt64) -> String? {
        if isCancelled { return "cancelled" }
        if now >= deadline { return "timed out while waiting for its turn" }
        if let limit = request.sendBefore, ContinuousClock.now >= limit {
            return "too late to send"
        }
        return nil
    }

    /// Asked each time a connection is ready and the request would be written next.
    func mayDepart() -> Bool {
        if departures > 0 && !request.repeatable {
            fault = "the connection broke, and the request must not leave twice"
            return false
        }
        if let limit = request.sendBefore, ContinuousClock.now >= limit {
            fault = "too late to send"
            return false
        }
        if let reason = request.obstacle?() {
            fault = reason
            return false
        }
        departures += 1
        return true
    }

    /// Takes a header line; false ends the transfer.
    func receiveHead(_ line: UnsafeRawBufferPointer) -> Bool {
        // A new status line: what came before was an interim answer such as 100 or 103.
        if line.starts(with: "HTTP/".utf8) { head.removeAll(keepingCapacity: true) }
        guard head.count + line.count <= Self.longestHead else {
            fault = "the answer's header lines are too long"
            return false
        }
        isHeadWhole = line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8)
        head.append(contentsOf: line)
        return true
    }

    /// Takes a piece of the body; false ends the transfer.
    func receiveBody(_ piece: UnsafeRawBufferPointer, status: Int) -> Bool {
        if case .pieces(let continuation) = reply, 200..<300 ~= status {
            switch continuation.yield(Array(piece)) {
            case .enqueued: return true
            default:
                fault = "the reader of the stream is too slow or gone"
                return false
            }
        }
        guard body.count + piece.count <= request.maximumResponseBytes else {
            fault = "the answer is longer than \(request.maximumResponseBytes) bytes"
            return false
        }
        body.append(contentsOf: piece)
        return true
    }

    /// Ends it with the answer that has come; the caller hears of it by `tell`.
    func succeed(status: Int) {
        stage = .done
        response = HTTPResponse(status: status, head: head, body: body)
    }

    /// Gives the caller the answer.
    func tell() {
        guard let response else { return }
        switch reply {
        case .none: break
        case .whole(let continuation): continuation.resume(returning: .success(response))
        case .pieces(let continuation) where 200..<300 ~= response.status: continuation.finish()
        case .pieces(let continuation):
            continuation.finish(throwing: HTTPRefusal(response: response))
        }
    }

    /// Ends it without an answer.
    func fail(_ failure: HTTPFailure) {
        stage = .done
        switch reply {
        case .none: break
        case .whole(let continuation): continuation.resume(returning: .failure(failure))
        case .pieces(let continuation): continuation.finish(throwing: failure)
        }
    }

    /// The failure it comes to when it ends now, for this reason if it has none of its own.
    func failure(_ reason: String) -> HTTPFailure {
        let reason = fault ?? reason
        return departures == 0 ? .notSent(reason: reason) : .unanswered(reason: reason)
    }
}
