import CPostgres

extension Session {
    /// Handed to libpq at a time.
    private static let part = 256 << 10

    /// Sends rows by COPY, in its binary form, and waits until the server has them all.
    func copy(into target: String, _ rows: [UInt8], as call: RunningCall?) throws(PostgresError) {
        let wasIdle = !isInTransaction
        let sql = "COPY \(target) FROM STDIN (FORMAT binary)"
        guard PQsendQuery(handle, sql) == 1 else { throw lost(errorText) }
        var failure: PostgresError?
        var isCopied = false
        while let result = try next(of: call) {
            if result.status == PGRES_COPY_IN, !isCopied {
                isCopied = true
                try send(rows)
                continue
            }
            let error = try refusal(in: result, call)
            if failure == nil { failure = error }
        }
        if let failure {
            if wasIdle && isInTransaction { rollBack() }
            throw failure
        }
        guard isCopied else { throw lost("the server wants no rows") }
    }

    private func send(_ rows: [UInt8]) throws(PostgresError) {
        var rest = rows[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.part)
            let taken = part.withUnsafeBytes { bytes in
                PQputCopyData(
                    handle,
                    bytes.bindMemory(to: CChar.self).baseAddress,
                    CInt(bytes.count)
                )
            }
            switch taken {
            case 1: rest = rest.dropFirst(part.count)
            // libpq's buffer is full: what it holds goes first.
            case 0: _ = try waitForServer()
            default: throw lost(errorText)
            }
        }
        while true {
            switch PQputCopyEnd(handle, nil) {
            case 1: return
            case 0: _ = try waitForServer()
            default: throw lost(errorText)
            }
        }
    }
}
