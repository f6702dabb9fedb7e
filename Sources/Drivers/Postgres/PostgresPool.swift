import Synchronization
package import Telemetry

/// Connections to one database, lent to one task at a time.
///
/// Start here. Connections are made when first needed, and again when they broke; a broken one is
/// never lent, nor one with a transaction left open. Only failures that cost a connection are
/// logged, as debug; everything else is thrown.
package final class PostgresPool: Sendable {
    private let opener: Opener
    private let desk: PoolDesk
    /// nil once the pool is closed.
    private let listeners = Mutex<[ObjectIdentifier: Listener]?>([:])

    /// A pool that has at most `size` connections, and lets at most `maximumWaiting` tasks wait for
    /// one, for at most `acquireTimeout`.
    package init(
        _ configuration: PostgresConfiguration,
        size: Int,
        logger: Logger = .silent,
        metrics: Metrics? = nil,
        acquireTimeout: Duration = .seconds(10),
        maximumWaiting: Int = 10_000
    ) {
        opener = Opener(
            configuration,
            logger: logger,
            meters: metrics.map { PostgresMeters($0) }
        )
        desk = PoolDesk(
            size: size,
            maximumWaiting: maximumWaiting,
            acquireTimeout: acquireTimeout,
            opener: opener
        )
    }

    /// Lends a connection for as long as `body` runs; it must not be kept.
    ///
    /// What the body leaves open is rolled back. The connection is made by its first call, which
    /// therefore may throw `.unavailable`; so does this, where no connection becomes free in time.
    package func withConnection<R: Sendable>(
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await lend(begins: false, body)
    }

    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws.
    ///
    /// BEGIN travels with the first statement. Where the connection breaks during COMMIT, the
    /// error is `.outcomeUnknown`: look before doing it again.
    package func transaction<R: Sendable>(
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await lend(begins: true) { connection in
            let value = try await body(connection)
            if Task.isCancelled { throw PostgresError.cancelled }
            try await connection.commit()
            return value
        }
    }

    /// Runs one statement, as a transaction of its own, on whichever connection is free.
    package func query(
        _ statement: PostgresStatement,
        _ parameters: [PostgresValue] = []
    ) async throws(PostgresError) -> PostgresRows {
        let results = try await pipeline([(statement, parameters)])
        return results[0]
    }

    /// Runs statements in one round trip on whichever connection is free; see
    /// ``PostgresConnection/pipeline(_:)``.
    package func pipeline(
        _ calls: [(PostgresStatement, [PostgresValue])]
    ) async throws(PostgresError) -> [PostgresRows] {
        guard !calls.isEmpty else { return [] }
        let connection = try await take()
        connection.lease.begin(begins: false)
        let outcome: Result<[PostgresRows], PostgresError>
        do throws(PostgresError) {
            outcome = .success(try await connection.pipeline(calls))
        } catch {
            outcome = .failure(error)
        }
        await giveBack(connection)
        return try outcome.get()
    }

    /// The payloads of the notices on a channel, over a connection of its own, which comes back by
    /// itself for as long as the stream is read.
    ///
    /// An empty text comes whenever listening has begun, at first and after each loss, and where
    /// the reader was too slow: notices before it may have been missed, so look for yourself. With
    /// a `heartbeat` one also comes after so long without any notice.
    package func listen(
        _ channel: String,
        heartbeat: Duration? = nil
    ) -> AsyncThrowingStream<String, any Error> {
        let (stream, continuation) = AsyncThrowingStream<String, any Error>.makeStream(
            bufferingPolicy: .bufferingNewest(Listener.bufferedNotices)
        )
        let listener = Listener(opener, channel: channel, heartbeat: heartbeat, continuation)
        let key = ObjectIdentifier(listener)
        let isOpen = listeners.withLock { listeners in
            listeners?[key] = listener
            return listeners != nil
        }
        guard isOpen else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            listener.stop()
            _ = self?.listeners.withLock { $0?.removeValue(forKey: key) }
        }
        listener.start()
        return stream
    }

    /// Closes what is idle, and what is lent as it comes back; all further calls are refused.
    package func close() async {
        let open = listeners.withLock { listeners in
            defer { listeners = nil }
            return listeners.map { Array($0.values) } ?? []
        }
        for listener in open { listener.stop() }
        for connection in desk.close() { await connection.close() }
    }

    // MARK: Lending

    private func lend<R: Sendable>(
        begins: Bool,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        let connection = try await take()
        connection.lease.begin(begins: begins)
        do {
            let value = try await body(connection)
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    private func take() async throws(PostgresError) -> PostgresConnection {
        if let connection = try desk.takeNow() { return connection }
        let started = ContinuousClock.now
        let connection = try await desk.take()
        opener.meters?.observe(wait: .now - started)
        return connection
    }

    private func giveBack(_ connection: PostgresConnection) async {
        if connection.lease.needsReset { await connection.reset() }
        if !desk.giveBack(connection) { await connection.close() }
    }
}
