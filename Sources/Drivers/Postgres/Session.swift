import CPostgres
import Glibc

/// One connection of libpq: used by one thread at a time, which it blocks; closed when it goes.
///
/// Every wait has an end: the server's own limits, and should the network swallow the answer, a
/// limit of silence on this side.
final class Session {
    /// How often a waiting thread looks up.
    static let sliceMilliseconds: CInt = 200
    /// How long a cancelled call may go on before its connection is given up.
    private static let cancelSlices = 25

    let handle: OpaquePointer
    let cancelHandle: CancelHandle
    var statements: StatementCache
    let parameters = ParameterBuffer()
    /// Once broken, always broken: the owner drops it.
    private(set) var isBroken = false
    /// Slices without a byte from the server until it counts as gone; nil for no limit.
    private let silentSlices: Int?

    /// Takes over a connection that is made; nil where libpq has no memory for the rest.
    init?(adopting handle: OpaquePointer, _ configuration: PostgresConfiguration) {
        guard PQsetnonblocking(handle, 1) == 0, let cancelHandle = CancelHandle(of: handle) else {
            return nil
        }
        self.handle = handle
        self.cancelHandle = cancelHandle
        statements = StatementCache(capacity: configuration.preparedStatements)
        // The server's limit comes first; this one is for when its word does not arrive.
        let limit = Int(configuration.statementTimeout.milliseconds)
        silentSlices = limit == 0 ? nil : (limit + 20_000) / Int(Self.sliceMilliseconds)
    }

    deinit { PQfinish(handle) }

    var descriptor: CInt { PQsocket(handle) }
    var isInTransaction: Bool { transactionStatus != PQTRANS_IDLE }
    var transactionStatus: PGTransactionStatusType { PQtransactionStatus(handle) }

    /// Whether nothing has come from the server while nothing was asked of it.
    ///
    /// What does come then is nearly always the end, sometimes as a message well before the hang-up;
    /// for the rest (a setting changed for all), a new connection is cheap and always right.
    func isAlive() -> Bool {
        guard !isBroken, PQstatus(handle) == CONNECTION_OK else { return false }
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) == 0
    }

    // MARK: Answers

    /// The next result, waiting for it; nil at the end of a statement's results.
    func next(of call: RunningCall?) throws(PostgresError) -> ResultHandle? {
        var silence = 0
        var sinceCancel = 0
        while PQisBusy(handle) != 0 {
            if try waitForServer() {
                silence = 0
                continue
            }
            silence += 1
            if let silentSlices, silence > silentSlices { throw lost("no answer") }
            if let call, call.isCancelled {
                sinceCancel += 1
                if sinceCancel > Self.cancelSlices { throw lost("no answer to the cancellation") }
                // The first request may have come before the server had begun.
                call.cancel()
            }
        }
        return PQgetResult(handle).map { ResultHandle(adopting: $0) }
    }

    /// Sends what is left to send and takes what has come; false where a slice went by in silence.
    func waitForServer() throws(PostgresError) -> Bool {
        let unsent = PQflush(handle)
        guard unsent >= 0 else { throw lost(errorText) }
        let events = unsent > 0 ? POLLIN | POLLOUT : POLLIN
        var polled = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let count = poll(&polled, 1, Self.sliceMilliseconds)
        if count == 0 { return false }
        if count < 0 {
            guard errno == EINTR else { throw lost("poll: \(errno)") }
            return true
        }
        if polled.revents & ~Int16(POLLOUT) != 0, PQconsumeInput(handle) == 0 {
            throw lost(errorText)
        }
        return true
    }

    /// Payloads of the notices that have arrived; throws where the server has hung up.
    func takeNotices() throws(PostgresError) -> [String] {
        guard PQconsumeInput(handle) == 1 else { throw lost(errorText) }
        var payloads: [String] = []
        while let notice = PQnotifies(handle) {
            defer { PQfreemem(notice) }
            payloads.append(notice.pointee.extra.map { String(cString: $0) } ?? "")
        }
        return payloads
    }

    // MARK: Failures

    /// Marks the session as broken; what was asked may have been done or not.
    func lost(_ reason: String) -> PostgresError {
        isBroken = true
        return .connectionLost(reason)
    }

    /// libpq's last complaint, in one line.
    var errorText: String { Self.errorText(of: handle) }

    static func errorText(of handle: OpaquePointer) -> String {
        guard let text = PQerrorMessage(handle) else { return "no reason given" }
        let lines = String(cString: text).split(separator: "\n")
        return lines.isEmpty ? "no reason given" : lines.joined(separator: "; ")
    }
}
