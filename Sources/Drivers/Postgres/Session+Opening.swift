import CPostgres
import Glibc

extension Session {
    /// Makes a connection, within the configuration's time; all failures are `.unavailable`.
    static func open(
        _ configuration: PostgresConfiguration,
        isCancelled: () -> Bool
    ) throws(PostgresError) -> Session {
        guard let handle = start(configuration.connectionParameters) else {
            throw .unavailable("no memory for a connection")
        }
        do throws(PostgresError) {
            try finishOpening(handle, within: configuration.connectTimeout, isCancelled)
        } catch {
            PQfinish(handle)
            throw error
        }
        cpostgres_silence_notices(handle)
        guard let session = Session(adopting: handle, configuration) else {
            PQfinish(handle)
            throw .unavailable("no memory for a connection")
        }
        return session
    }

    private static func start(
        _ parameters: [(keyword: String, value: String)]
    ) -> OpaquePointer? {
        // libpq copies them; they are freed here.
        let keywords = parameters.map { strdup($0.keyword) }
        let values = parameters.map { strdup($0.value) }
        defer { for pointer in keywords + values { free(pointer) } }
        let keywordList = keywords.map { UnsafePointer($0) } + [nil]
        let valueList = values.map { UnsafePointer($0) } + [nil]
        return PQconnectStartParams(keywordList, valueList, 0)
    }

    private static func finishOpening(
        _ handle: OpaquePointer,
        within limit: Duration,
        _ isCancelled: () -> Bool
    ) throws(PostgresError) {
        let deadline = ContinuousClock.now + limit
        guard PQstatus(handle) != CONNECTION_BAD else { throw .unavailable(errorText(of: handle)) }
        // As if the last poll had asked to write, says libpq's manual.
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            if state == PGRES_POLLING_FAILED { throw .unavailable(errorText(of: handle)) }
            if isCancelled() { throw .cancelled }
            let left = (deadline - .now).milliseconds
            if left == 0 { throw .unavailable("no connection within \(limit)") }
            // The descriptor may change from poll to poll, where there are several addresses.
            let events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var polled = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            if poll(&polled, 1, min(left, sliceMilliseconds)) > 0 { state = PQconnectPoll(handle) }
        }
    }
}
