import Desk
import DeskTesting
import Synchronization
import Testing
import Trading

@Suite("The audit log: sealing, and finding what was changed", .timeLimit(.minutes(2)))
struct AuditTests {
    private let log = MemoryAuditLog()
    private let clock = ManualClock()

    /// No hash of cryptography, but one that every byte and its place changes.
    private static let digest: AuditSeal.Digest = { bytes in
        var words: [UInt64] = [1, 2, 3, 4]
        for byte in bytes {
            for index in words.indices {
                words[index] = (words[index] ^ UInt64(byte)) &* (0x100_0000_01b3 + UInt64(index))
            }
        }
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    private var seal: SealAudit {
        SealAudit(store: log, clock: clock, digest: Self.digest, mostIDs: 10_000)
    }
    private var verify: VerifyAudit { VerifyAudit(store: log, digest: Self.digest) }

    @discardableResult
    private func sealAll() async throws -> SealAudit.Progress {
        var pending: AuditHorizon?
        return try await seal(&pending)
    }

    /// Three seals of three rows each.
    private func prepare() async throws {
        for round in 0..<3 {
            log.add(3, from: clock.now().advanced(by: .seconds(round * 10)))
            #expect(try await sealAll() == .done)
        }
    }

    @Test("Rows of a transaction that commits late are sealed with those that overtook them")
    func lateCommit() async throws {
        log.write("LATE", in: "slow", at: clock.now())
        log.add(2)
        var pending: AuditHorizon?
        #expect(try await seal(&pending) == .waiting)
        #expect(log.content.seals.isEmpty)
        // Others that begin meanwhile do not make it wait longer.
        log.write("NEXT", in: "other", at: clock.now())
        log.commit("slow")
        #expect(try await seal(&pending) == .done)
        #expect(pending == nil)
        #expect(log.content.seals.map(\.ids) == [1...3])
        #expect(log.content.seals.map(\.count) == [3])
        #expect(try await seal(&pending) == .waiting)
        log.rollBack("other")
        #expect(try await seal(&pending) == .done)
        #expect(log.content.seals.count == 1)
        log.add(1)
        try await sealAll()
        #expect(log.content.seals.map(\.ids) == [1...3, 4...5])
        let verdict = try await verify()
        #expect(verdict.fault == nil && verdict.seals == 2 && verdict.rows == 4)
        #expect(verdict.unsealed == UnsealedAudit(count: 0, oldest: nil))
    }

    @Test("Rows that cannot be sealed for long are told of, once in five minutes")
    func late() async throws {
        let clock = ManualClock(skipsSleeps: true)
        let keep = KeepAuditSealed(store: log, clock: clock, digest: Self.digest)
        let heard = Mutex<(late: [Int64], oldest: Duration, sealed: Int64)>(([], .zero, -1))
        var memory = KeepAuditSealed.Memory()
        func rounds(_ count: Int) async {
            for _ in 0..<count {
                await keep.round(&memory) { notice in
                    heard.withLock { heard in
                        switch notice {
                        case .standing(let sealed, let oldest):
                            (heard.sealed, heard.oldest) = (sealed, oldest)
                        case .late(let rows, _): heard.late.append(rows)
                        case .failed(let error): Issue.record(error)
                        }
                    }
                }
            }
        }
        log.write("STUCK", in: "stuck", at: clock.now())
        log.add(2)
        // A round waits for ten seconds.
        await rounds(30)
        #expect(heard.withLock { $0.late.isEmpty && $0.sealed == 0 })
        #expect(heard.withLock { $0.oldest == .seconds(300) })
        await rounds(1)
        #expect(heard.withLock { $0.late == [2] })
        await rounds(30)
        #expect(heard.withLock { $0.late == [2] })
        await rounds(1)
        #expect(heard.withLock { $0.late == [2, 2] })
        log.commit("stuck")
        await rounds(1)
        #expect(heard.withLock { $0.sealed == 3 && $0.oldest == .zero && $0.late.count == 2 })
    }

    @Test("Two that seal at once make one chain")
    func twoSealers() async throws {
        log.add(5)
        async let one = sealAll()
        async let two = sealAll()
        _ = try await (one, two)
        log.add(1)
        try await sealAll()
        #expect(try await verify().fault == nil)
        #expect(log.content.seals.map(\.number) == [1, 2])
    }

    @Test("Many rows are sealed in pieces, and rows that are not sealed yet are said to be so")
    func pieces() async throws {
        log.tamper { tables in
            for id in 1...25_000 { tables.rows.append(.sample(Int64(id))) }
        }
        for _ in 0..<25_000 { log.write("UNDONE", in: "undone", at: clock.now()) }
        log.rollBack("undone")
        let before = try await verify()
        #expect(before.fault == nil && before.seals == 0 && before.unsealed.count == 25_000)
        try await sealAll()
        #expect(log.content.seals.map(\.count) == [10_000, 10_000, 5_000])
        clock.advance(by: .seconds(20))
        log.add(2)
        let verdict = try await verify()
        #expect(verdict.rows == 25_000 && verdict.fault == nil)
        #expect(verdict.unsealed == UnsealedAudit(count: 2, oldest: ManualClock.morning))
        let standing = try await seal.standing()
        #expect(standing.sealed == 25_000 && standing.unsealed == verdict.unsealed)
    }

    /// What somebody does to the tables, and what must be said of it.
    static let crimes: [(String, @Sendable (inout MemoryAuditLog.Tables) -> Void, AuditFault)] = [
        ("changed", { $0.rows[4] = $0.rows[4].changed(action: "X") }, .rowChanged(5, seal: 2)),
        ("removed", { $0.rows.remove(at: 4) }, .rowMissing(5, seal: 2)),
        (
            "moved in time",
            { $0.rows[4] = $0.rows[4].changed(at: Timestamp(microseconds: 5)) },
            .rowChanged(5, seal: 2)
        ),
        ("doubled", { $0.rows.append($0.rows[4]) }, .rowAdded(5, seal: 2)),
        (
            "added at another time",
            { $0.rows.append(.sample(5, at: Timestamp(microseconds: 5))) },
            .rowAdded(5, seal: 2)
        ),
        ("forged", { $0.rows.append(.sample(-4)) }, .rowForged(-4)),
        ("seal removed", { $0.seals.remove(at: 1) }, .sealMissing(2)),
        ("first seal removed", { $0.seals.remove(at: 0) }, .sealMissing(1)),
        ("seal edited", { $0.seals[1] = $0.seals[1].with(count: 2) }, .sealEdited(2)),
        ("marks edited", { $0.marks[2]?[3] ^= 1 }, .sealEdited(2)),
        ("marks removed", { $0.marks[2] = nil }, .sealEdited(2)),
        (
            "row and seal rewritten",
            { $0.rewrite(seal: 2, row: 4, digest: AuditTests.digest) },
            .sealDoesNotFollow(3)
        ),
    ]

    @Test("What was done to rows and seals is found", arguments: crimes.indices)
    func tampering(_ index: Int) async throws {
        try await prepare()
        #expect(try await verify().fault == nil)
        let (name, crime, fault) = Self.crimes[index]
        log.tamper(crime)
        #expect(try await verify().fault == fault, "\(name)")
    }

    @Test("A chain that was rewritten whole, or cut short, is found by a hash kept elsewhere")
    func head() async throws {
        try await prepare()
        let kept = try #require(log.content.seals.last?.hash)
        let older = try #require(log.content.seals.first?.hash)
        #expect(try await verify(head: kept).fault == nil)
        #expect(try await verify(head: older).fault == nil)
        log.tamper { tables in
            tables.rows[4] = tables.rows[4].changed(action: "X")
            tables.seals = []
            tables.marks = [:]
        }
        try await sealAll()
        #expect(try await verify().fault == nil)
        #expect(try await verify(head: kept).fault == .headUnknown)
    }

    @Test("A period checks its own rows, and the whole chain")
    func period() async throws {
        try await prepare()
        let start = ManualClock.morning.advanced(by: .seconds(10))
        let middle = start..<start.advanced(by: .seconds(5))
        let verdict = try await verify(middle)
        #expect(verdict.seals == 3 && verdict.rows == 3 && verdict.fault == nil)
        log.tamper { $0.rows[0] = $0.rows[0].changed(action: "X") }
        #expect(try await verify(middle).fault == nil)
        #expect(try await verify().fault == .rowChanged(1, seal: 1))
        log.tamper { $0.rows.append(.sample(2, at: start)) }
        #expect(try await verify(middle).fault == .rowAdded(2, seal: 1))
    }
}

extension AuditSeal {
    fileprivate func with(count: Int64) -> AuditSeal {
        AuditSeal(
            number: number,
            ids: ids,
            count: count,
            total: total,
            times: times,
            sealedAt: sealedAt,
            rowsHash: rowsHash,
            marksHash: marksHash,
            previous: previous,
            hash: hash
        )
    }
}

extension MemoryAuditLog.Tables {
    /// Changes a row, and makes its seal anew so that it fits.
    fileprivate mutating func rewrite(seal number: Int64, row: Int, digest: AuditSeal.Digest) {
        rows[row] = rows[row].changed(action: "X")
        let index = Int(number) - 1
        let old = seals[index]
        let digested = DigestedRows(rows.filter { old.ids.contains($0.id) }, digest: digest)
        seals[index] = AuditSeal(
            after: seals[index - 1],
            through: old.ids.upperBound,
            digested,
            times: old.times,
            at: old.sealedAt,
            digest: digest
        )
        marks[number] = digested.marks(old.ids)
    }
}
