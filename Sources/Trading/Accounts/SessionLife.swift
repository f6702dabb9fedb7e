/// How long a broker lets a session live, where it does not say so itself.
package enum SessionLife: Sendable, Equatable {
    /// So many hours after the login.
    case hours(Int64)
    /// To the next time of this clock in India: `until(6, 0)` ends every session at 06:00.
    case until(_ hour: Int, _ minute: Int)
    /// For good: nothing is logged in to.
    case endless

    /// When a session ends at the latest that begins now.
    package func end(of beginning: Timestamp) -> Timestamp? {
        switch self {
        case .hours(let hours): return beginning.advanced(by: .seconds(hours * 3_600))
        case .until(let hour, let minute):
            let today = CalendarDay(containing: beginning)
            let end = today.time(hour, minute)
            return end > beginning ? end : today.advanced(by: 1).time(hour, minute)
        case .endless: return nil
        }
    }
}

extension MarketHours {
    /// When a session ends at the latest that begins now; nil where nobody can say.
    ///
    /// Where the market never closes there are no nights, and a sandbox ends no sessions of itself.
    package func end(of life: SessionLife, from beginning: Timestamp) -> Timestamp? {
        self == .always ? nil : life.end(of: beginning)
    }
}

/// What a broker said of a session.
package enum SessionCheckResult: String, Sendable, CaseIterable {
    case good
    /// The session is over: somebody must log in.
    case ended
    /// The broker refuses this client, session or not; its words say why.
    case refused
    /// The broker could not be asked.
    case unreachable
}

/// Whether orders can go to a broker account, as it stands before the market opens.
package enum SessionState: String, Sendable, CaseIterable {
    case ready
    /// The session is over.
    case mustLogIn = "must_log_in"
    /// The session is over before the market closes.
    case endsEarly = "ends_early"
    case refused
    /// It has no address of its own to send from, and must have one.
    case noAddress = "no_address"
    /// The broker has other addresses on its list than the one that orders leave from.
    case wrongAddress = "wrong_address"
    case unreachable
    /// Nobody has asked the broker yet.
    case unchecked

    /// The state of an account that is in use.
    ///
    /// - Parameters:
    ///   - isExpired: whether the broker ended the session while it was used.
    ///   - ends: when it ends; nil where nobody knows.
    ///   - check: what the broker said last.
    ///   - lacksEgress: whether it has no address of its own, and must have one.
    ///   - standing: what the broker's list says of the address.
    ///   - now: the present moment.
    ///   - close: when the market closes next; nil where it does not.
    package init(
        isExpired: Bool,
        ends: Timestamp?,
        check: SessionCheckResult?,
        lacksEgress: Bool = false,
        standing: EgressStanding = .unknown,
        now: Timestamp,
        close: Timestamp?
    ) {
        if isExpired || check == .ended || ends.map({ $0 <= now }) == true {
            self = .mustLogIn
        } else if check == .refused {
            self = .refused
        } else if lacksEgress {
            self = .noAddress
        } else if standing == .notRegistered {
            self = .wrongAddress
        } else if let ends, let close, ends < close {
            self = .endsEarly
        } else if check == .unreachable {
            self = .unreachable
        } else {
            self = check == nil ? .unchecked : .ready
        }
    }
}
