import CCurl

/// The lanes that are open, made when first needed and closed when long unused.
final class Lanes {
    private let epoll: CInt
    private let configuration: HTTPClientConfiguration
    private let idleTimeout: UInt64
    private var byEgress: [Egress?: Lane] = [:]
    private var byNumber: [UInt32: Lane] = [:]
    private var lastNumber: UInt32 = 0

    init(epoll: CInt, configuration: HTTPClientConfiguration) {
        self.epoll = epoll
        self.configuration = configuration
        idleTimeout = LoopClock.nanoseconds(configuration.idleTimeout)
    }

    /// The lane of an egress.
    func lane(for egress: Egress?, now: UInt64) -> Lane {
        if let lane = byEgress[egress] { return lane }
        // Numbers come again after four thousand million lanes; 0 is the mailbox's.
        repeat { lastNumber &+= 1 } while lastNumber == 0 || byNumber[lastNumber] != nil
        let lane = Lane(
            egress: egress,
            number: lastNumber,
            epoll: epoll,
            connections: configuration.perHost,
            now: now
        )
        byEgress[egress] = lane
        byNumber[lane.number] = lane
        return lane
    }

    /// The lane that an event's tag names; nil where it has been closed.
    subscript(number: UInt32) -> Lane? { byNumber[number] }

    /// The lanes whose alarm has come.
    func ringing(at now: UInt64) -> [Lane] {
        byNumber.values.filter { lane in lane.alarm.map { $0 <= now } ?? false }
    }

    /// Closes lanes unused for so long that none of their connections would be used again.
    func closeIdle(at now: UInt64) {
        for lane in byNumber.values where lane.running == 0 && now >= lane.idleSince + idleTimeout {
            close(lane)
        }
    }

    /// When to look again, if nothing else happens.
    var nextAlarm: UInt64 {
        byNumber.values.reduce(.max) { soonest, lane in
            let end = lane.running == 0 ? lane.idleSince + idleTimeout : .max
            return min(soonest, end, lane.alarm ?? .max)
        }
    }

    /// Closes all; nothing may run any more.
    func closeAll() {
        for lane in byNumber.values { close(lane) }
    }

    private func close(_ lane: Lane) {
        byEgress[lane.egress] = nil
        byNumber[lane.number] = nil
        lane.close()
    }
}
