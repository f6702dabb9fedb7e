package import Desk
package import Trading

/// Limits in memory. They are kept and told; claims here are held against none: what a limit does to
/// an order is tested with the real store.
extension MemoryStore: LimitStore {
    package func limits(of subject: LimitSubject) async throws(StoreFailure) -> SetLimits? {
        try transact("limits") { $0.limits[subject] }
    }

    package func setLimits(
        _ limits: OrderLimits,
        of subject: LimitSubject,
        why: String,
        by actor: Actor
    ) async throws(StoreFailure) -> SetLimits {
        let now = clock.now()
        return try transact("setLimits") { state in
            let version = (state.limits[subject]?.version ?? 0) + 1
            let set = SetLimits(version: version, limits: limits, why: why, at: now)
            state.limits[subject] = set
            return set
        }
    }
}
