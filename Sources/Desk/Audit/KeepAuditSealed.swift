package import Trading

/// Keeps the audit log sealed, and tells how far it is.
package struct KeepAuditSealed: Sendable {
    private let seal: SealAudit
    private let clock: any WallClock

    /// Fewer seals than one for each row, and no row unsealed for long.
    private static let pause: Duration = .seconds(10)
    /// Transactions that write audit rows take milliseconds.
    private static let look: Duration = .milliseconds(250)
    private static let looks = 40
    /// Rows that are not sealed after this are told of, and again after as long.
    package static let alertAge: Duration = .seconds(300)

    package init(
        store: any AuditSealStore,
        clock: any WallClock,
        digest: @escaping AuditSeal.Digest
    ) {
        seal = SealAudit(store: store, clock: clock, digest: digest)
        self.clock = clock
    }

    /// What is to be told to people.
    package enum Notice: Sendable {
        /// How many rows are sealed, and the age of the oldest that is not.
        case standing(sealed: Int64, oldest: Duration)
        /// So many rows are not sealed, and the oldest is older than it may be.
        case late(rows: Int64, oldest: Duration)
        case failed(any Error)
    }

    /// What one round leaves for the next.
    package struct Memory: Sendable {
        var pending: AuditHorizon?
        var toldAt: Timestamp?

        package init() {}
    }

    /// Does it until cancelled.
    package func run(tell: @Sendable (Notice) -> Void) async {
        var memory = Memory()
        while !Task.isCancelled {
            await round(&memory, tell)
            guard (try? await clock.sleep(for: Self.pause)) != nil else { return }
        }
    }

    /// Seals what may be sealed within some seconds, and tells how far that came.
    package func round(_ memory: inout Memory, _ tell: @Sendable (Notice) -> Void) async {
        do {
            try await sealWhatMayBe(&memory.pending)
        } catch is CancellationError {
            return
        } catch {
            tell(.failed(error))
        }
        do {
            try await look(&memory.toldAt, tell)
        } catch {
            tell(.failed(error))
        }
    }

    private func sealWhatMayBe(_ pending: inout AuditHorizon?) async throws {
        for _ in 0..<Self.looks {
            switch try await seal(&pending) {
            case .done: return
            case .more: continue
            case .waiting: try await clock.sleep(for: Self.look)
            }
        }
    }

    private func look(_ toldAt: inout Timestamp?, _ tell: @Sendable (Notice) -> Void)
        async throws
    {
        let standing = try await seal.standing()
        let now = clock.now()
        let oldest = standing.unsealed.oldest.map { max(.zero, $0.duration(to: now)) } ?? .zero
        tell(.standing(sealed: standing.sealed, oldest: oldest))
        guard oldest > Self.alertAge, toldAt.map({ $0.duration(to: now) > Self.alertAge }) != false
        else { return }
        toldAt = now
        tell(.late(rows: standing.unsealed.count, oldest: oldest))
    }
}
