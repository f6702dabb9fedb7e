import Testing

@testable import Trading

@Suite struct AuditSealTests {
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

    private static func row(_ id: Int64, _ action: String = "HALT_ON") -> AuditRecord {
        record(id: id, action: action)
    }

    private static func record(
        id: Int64 = 1,
        at: Int64 = 2,
        user: Int64? = nil,
        address: String? = nil,
        action: String = "A",
        trader: Int64? = nil,
        client: Int64? = nil,
        task: Int64? = nil,
        intent: Int64? = nil,
        state: String? = nil,
        detail: String? = nil
    ) -> AuditRecord {
        AuditRecord(
            id: id,
            at: Timestamp(microseconds: at),
            user: user.map { UserID($0) },
            address: address,
            action: action,
            trader: trader.map { TraderID($0) },
            client: client.map { ClientID($0) },
            task: task.map { TaskID($0) },
            intent: intent.map { IntentID($0) },
            state: state,
            detail: detail
        )
    }

    private static func seal(_ rows: [AuditRecord], after last: AuditSeal? = nil, through: Int64)
        -> (seal: AuditSeal, marks: [UInt8])
    {
        let digested = DigestedRows(rows, digest: digest)
        let seal = AuditSeal(
            after: last,
            through: through,
            digested,
            times: rows.first.map { $0.at...$0.at },
            at: Timestamp(microseconds: 9),
            digest: digest
        )
        return (seal, digested.marks(seal.ids))
    }

    @Test func `a row's bytes are what they were when the first rows were sealed`() {
        let bytes = Self.record(id: 258, user: 7, address: "a", state: "₹").canonicalBytes
        let number: (UInt8, UInt8) -> [UInt8] = { [1, 0, 0, 0, 0, 0, 0, $0, $1] }
        let purpose = Array("volley audit row 1".utf8)
        var expected = number(0, UInt8(purpose.count)) + purpose + number(1, 2) + number(0, 2)
        expected += number(0, 7) + number(0, 1) + Array("a".utf8)
        expected += number(0, 1) + Array("A".utf8) + [0, 0, 0, 0]
        expected += number(0, 3) + Array("₹".utf8) + [0]
        #expect(bytes == expected)
    }

    @Test func `rows that differ in one field, or in where a value stands, have other bytes`() {
        let rows = [
            Self.record(), Self.record(id: 3), Self.record(at: 3), Self.record(user: 1),
            Self.record(address: "x"), Self.record(action: "Ax"), Self.record(trader: 1),
            Self.record(client: 1), Self.record(task: 1), Self.record(intent: 1),
            Self.record(state: "x"), Self.record(detail: "x"), Self.record(address: ""),
            Self.record(state: ""), Self.record(detail: ""), Self.record(user: 0),
            Self.record(id: -1),
        ]
        #expect(Set(rows.map(\.canonicalBytes)).count == rows.count)
    }

    @Test func `a seal covers all its fields, and follows the one before it only`() throws {
        let (first, _) = Self.seal([Self.row(1), Self.row(3)], through: 4)
        let (second, _) = Self.seal([Self.row(5)], after: first, through: 5)
        #expect(first.ids == 1...4 && first.count == 2 && second.ids == 5...5)
        #expect(second.total == 3 && second.previous == first.hash)
        #expect(first.isIntact(Self.digest) && second.isIntact(Self.digest))
        #expect(first.follows(nil) && second.follows(first))
        #expect(!second.follows(nil) && !first.follows(first) && !first.follows(second))
        let (other, _) = Self.seal([Self.row(1), Self.row(3, "HALT_OFF")], through: 4)
        #expect(!second.follows(other) && other.hash != first.hash)

        let edited = AuditSeal(
            number: first.number,
            ids: first.ids,
            count: first.count,
            total: first.total,
            times: first.times,
            sealedAt: Timestamp(microseconds: 10),
            rowsHash: first.rowsHash,
            marksHash: first.marksHash,
            previous: first.previous,
            hash: first.hash
        )
        #expect(!edited.isIntact(Self.digest))
    }

    @Test func `a seal without rows takes its time from the one before`() {
        let (first, _) = Self.seal([Self.row(1)], through: 1)
        let (empty, marks) = Self.seal([], after: first, through: 9)
        #expect(empty.count == 0 && empty.total == 1 && empty.ids == 2...9)
        #expect(empty.times == first.times && marks == [UInt8](repeating: 0, count: 64))
    }

    @Test func `the first row that is not as sealed is named, and what befell it`() {
        let rows = [Self.row(1), Self.row(3), Self.row(4)]
        let (seal, marks) = Self.seal(rows, through: 5)
        func fault(_ rows: [AuditRecord]) -> AuditFault? {
            DigestedRows(rows, digest: Self.digest).firstFault(seal, marks: marks)
        }
        #expect(fault(rows) == nil)
        #expect(fault([Self.row(1, "X"), rows[1], rows[2]]) == .rowChanged(1, seal: 1))
        #expect(fault([rows[0], rows[2]]) == .rowMissing(3, seal: 1))
        #expect(fault([rows[0], rows[1]]) == .rowMissing(4, seal: 1))
        #expect(fault([]) == .rowMissing(1, seal: 1))
        #expect(fault([rows[0], Self.row(2), rows[1], rows[2]]) == .rowAdded(2, seal: 1))
        #expect(fault(rows + [Self.row(5)]) == .rowAdded(5, seal: 1))
        #expect(fault([rows[0], rows[1], rows[1], rows[2]]) == .rowAdded(3, seal: 1))
    }

    @Test func `a mark is never that of an id without a row`() {
        let zeros: AuditSeal.Digest = { _ in [UInt8](repeating: 0, count: 32) }
        let marks = DigestedRows([Self.row(1)], digest: zeros).marks(1...2)
        #expect(marks == [0, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 8))
    }
}
