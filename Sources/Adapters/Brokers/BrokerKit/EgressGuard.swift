import Desk
package import HTTPClient
package import Trading

/// Looks whether an account's way out is there, at its first use and then once in a while.
///
/// Each process looks for itself: other machines have other addresses. Of many who ask at once one
/// looks, and the others wait for it.
package actor EgressGuard: EgressProbe {
    private struct Finding {
        let obstacle: String?
        let until: ContinuousClock.Instant
    }

    private let look: @Sendable (EgressPlace) async -> String?
    private let good: Duration
    private let bad: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private var findings: [String: Finding] = [:]
    private var waiting: [String: [CheckedContinuation<String?, Never>]] = [:]

    /// More places than accounts on one machine; beyond it everything is looked at anew.
    private static let mostFindings = 20_000

    /// `good` and `bad`: how long it is believed that a way out is there, or is not.
    package init(
        good: Duration = .seconds(60),
        bad: Duration = .seconds(5),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        look: @escaping @Sendable (EgressPlace) async -> String?
    ) {
        self.good = good
        self.bad = bad
        self.now = now
        self.look = look
    }

    /// Looks by connections of this client.
    package init(client: HTTPClient) {
        self.init { place in
            switch place {
            case .address(let text): await EgressReach.obstacle(.address(text), by: client)
            case .proxy(let url): await EgressReach.obstacle(.proxy(url), by: client)
            }
        }
    }

    package func obstacle(_ egress: EgressPlace) async -> String? {
        let key = Self.key(egress)
        if let known = findings[key], known.until > now() { return known.obstacle }
        if waiting[key] != nil {
            return await withCheckedContinuation { waiting[key]?.append($0) }
        }
        waiting[key] = []
        let obstacle = await look(egress)
        if findings.count >= Self.mostFindings { findings = [:] }
        findings[key] = Finding(
            obstacle: obstacle,
            until: now().advanced(by: obstacle == nil ? good : bad)
        )
        for waiter in waiting.removeValue(forKey: key) ?? [] { waiter.resume(returning: obstacle) }
        return obstacle
    }

    private static func key(_ egress: EgressPlace) -> String {
        switch egress {
        case .address(let text), .proxy(let text): text
        }
    }
}
