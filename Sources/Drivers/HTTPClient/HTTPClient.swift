import CCurl
package import Telemetry

/// Sends HTTP requests, many at once, over connections that are kept and used again.
///
/// 1. A request that is not `repeatable` never leaves twice: not on a broken connection, not by a
///    redirect. libcurl asks before each departure, and is told no the second time.
/// 2. A failure says ``HTTPFailure/notSent(reason:)`` only where libcurl never came to the point
///    of sending. All else is ``HTTPFailure/unanswered(reason:)``.
/// 3. Requests of different egress never share a connection: each has connections of its own.
/// 4. All transfers run on one thread of the client's; no caller's thread ever waits.
package final class HTTPClient: Sendable {
    private let mailbox: Mailbox

    /// A client whose thread runs until ``close()`` or until nobody holds the client.
    package init(
        _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
        logger: Logger = .silent,
        metrics: Metrics? = nil
    ) {
        precondition(Self.isLibraryReady, "libcurl could not be initialized")
        mailbox = Mailbox()
        TransferLoop.start(
            mailbox: mailbox,
            configuration: configuration,
            logger: logger,
            numbers: metrics.map(TransferNumbers.init)
        )
    }

    deinit { mailbox.close() }

    /// The answer, whatever its status; cancelling the task aborts the transfer.
    package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        let transfer = Transfer(request)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.reply = .whole(continuation)
                mailbox.submit(transfer)
            }
        } onCancel: {
            mailbox.cancel(transfer)
        }
        return try result.get()
    }

    /// The pieces of the answer's body as they come, for events that a server pushes.
    ///
    /// Fails with ``HTTPFailure``, or with ``HTTPRefusal`` where the status is not of the 200s.
    /// Who reads too slowly loses the stream, not pieces of it.
    package func stream(_ request: HTTPRequest) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(4096)) { continuation in
            let transfer = Transfer(request)
            transfer.reply = .pieces(continuation)
            // Holds the client too, for as long as the stream is not at its end.
            continuation.onTermination = { _ in self.mailbox.cancel(transfer) }
            mailbox.submit(transfer)
        }
    }

    /// Aborts what is under way, refuses what waits, closes all connections and ends the thread.
    package func close() async {
        await withCheckedContinuation { mailbox.close(then: $0) }
    }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
