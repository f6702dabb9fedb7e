/// All transfers that wait for their turn, a line for each host, within the client's limits.
final class WaitingRoom {
    private let perHost: Int
    private let limit: Int
    private var lines: [String: WaitingLine] = [:]
    private(set) var count = 0
    /// No waiting transfer's time is up before.
    private(set) var nextExpiry = UInt64.max

    init(perHost: Int, limit: Int) {
        self.perHost = perHost
        self.limit = limit
    }

    /// Puts a transfer at the end of its host's line; nil where there is no room.
    ///
    /// While the host has a free connection there is room: the caller must let the line move next.
    func admit(_ transfer: Transfer, freeConnections: Int) -> WaitingLine? {
        let origin = RequestRules.origin(of: transfer.request.url)
        let line = lines[origin] ?? WaitingLine(origin: origin)
        let movesAtOnce = freeConnections > 0 && line.running < perHost
        guard movesAtOnce || count < limit else { return nil }
        lines[origin] = line
        transfer.stage = .waiting
        line.append(transfer)
        count += 1
        nextExpiry = min(nextExpiry, transfer.deadline)
        return line
    }

    /// The lines in which somebody may wait.
    var occupied: [WaitingLine] { count == 0 ? [] : Array(lines.values) }

    /// Takes out the line's first, if its host may have one more; it counts as running from now on.
    func takeNext(from line: WaitingLine) -> Transfer? {
        guard line.running < perHost, let transfer = line.next() else { return nil }
        line.running += 1
        count -= 1
        return transfer
    }

    /// A transfer of the line runs no more.
    func hasLeft(_ line: WaitingLine) {
        line.running -= 1
        if line.running == 0 && line.waiting.isEmpty { lines[line.origin] = nil }
    }

    /// Forgets a transfer that is ended while it waits.
    func forget(_ transfer: Transfer) {
        count -= 1
        if count == 0 { nextExpiry = .max }
    }

    /// Those that wait in vain at this time, with the reason; the caller ends and forgets them.
    func expired(at now: UInt64) -> [(transfer: Transfer, reason: String)] {
        guard now >= nextExpiry else { return [] }
        nextExpiry = .max
        var expired: [(Transfer, String)] = []
        for transfer in all {
            if let reason = transfer.reasonNotToStart(at: now) {
                expired.append((transfer, reason))
            } else {
                nextExpiry = min(nextExpiry, transfer.deadline)
            }
        }
        return expired
    }

    /// All that wait.
    var all: [Transfer] { lines.values.flatMap(\.waiting) }
}

/// One host's transfers: how many are under way, and those that wait, in their order.
final class WaitingLine {
    let origin: String
    var running = 0
    private var transfers: [Transfer] = []
    private var first = 0

    init(origin: String) { self.origin = origin }

    func append(_ transfer: Transfer) { transfers.append(transfer) }

    /// The next that still waits; those that were ended meanwhile are passed over.
    func next() -> Transfer? {
        while first < transfers.count {
            let transfer = transfers[first]
            first += 1
            if first == transfers.count {
                transfers.removeAll(keepingCapacity: true)
                first = 0
            } else if first >= 1024, first * 2 > transfers.count {
                transfers.removeFirst(first)
                first = 0
            }
            if transfer.stage == .waiting { return transfer }
        }
        return nil
    }

    /// All that still wait.
    var waiting: [Transfer] { transfers[first...].filter { $0.stage == .waiting } }
}
