/// A seal over the audit rows of a range of ids, one link of a chain.
///
/// 1. Ranges follow one another without a gap, from id 1: no row can be slipped in between.
/// 2. `hash` covers all other fields, and with `previous` all seals before; whoever knows one hash
///    of the chain can tell whether anything up to it was rewritten.
/// 3. The marks only tell which row it is that does not match; that one does not, `rowsHash` tells.
package struct AuditSeal: Sendable, Equatable {
    /// SHA-256, from outside: this ring has no library.
    package typealias Digest = @Sendable ([UInt8]) -> [UInt8]

    /// 1 for the first, without gaps.
    package let number: Int64
    package let ids: ClosedRange<Int64>
    package let count: Int64
    /// Rows of this seal and of all before it.
    package let total: Int64
    /// The earliest and the latest time of its rows.
    package let times: ClosedRange<Timestamp>
    package let sealedAt: Timestamp
    package let rowsHash: [UInt8]
    package let marksHash: [UInt8]
    /// The hash of the seal before.
    package let previous: [UInt8]
    package let hash: [UInt8]

    /// What stands in the first seal for the hash of the seal before.
    package static let noHash = [UInt8](repeating: 0, count: 32)

    /// A seal as it is stored, good or not.
    package init(
        number: Int64,
        ids: ClosedRange<Int64>,
        count: Int64,
        total: Int64,
        times: ClosedRange<Timestamp>,
        sealedAt: Timestamp,
        rowsHash: [UInt8],
        marksHash: [UInt8],
        previous: [UInt8],
        hash: [UInt8]
    ) {
        self.number = number
        self.ids = ids
        self.count = count
        self.total = total
        self.times = times
        self.sealedAt = sealedAt
        self.rowsHash = rowsHash
        self.marksHash = marksHash
        self.previous = previous
        self.hash = hash
    }

    /// The seal after `last` over these rows, which are all there are up to `end`, by their ids.
    package init(
        after last: AuditSeal?,
        through end: Int64,
        _ rows: DigestedRows,
        times: ClosedRange<Timestamp>?,
        at now: Timestamp,
        digest: Digest
    ) {
        number = (last?.number ?? 0) + 1
        ids = AuditSeal.firstID(after: last)...end
        count = Int64(rows.digests.count)
        total = (last?.total ?? 0) + Int64(rows.digests.count)
        let empty = last?.times.upperBound ?? now
        self.times = times ?? empty...empty
        sealedAt = now
        rowsHash = rows.hash(digest)
        marksHash = digest(rows.marks(ids))
        previous = last?.hash ?? AuditSeal.noHash
        hash = digest(
            AuditSeal.content(
                [
                    number, ids.lowerBound, ids.upperBound, count, total,
                    self.times.lowerBound.microseconds, self.times.upperBound.microseconds,
                    sealedAt.microseconds,
                ],
                [rowsHash, marksHash, previous]
            )
        )
    }

    /// The first id that the seal after `last` covers.
    package static func firstID(after last: AuditSeal?) -> Int64 {
        (last?.ids.upperBound ?? 0) + 1
    }

    /// Whether its hash is the one of its other fields.
    package func isIntact(_ digest: Digest) -> Bool {
        let numbers = [
            number, ids.lowerBound, ids.upperBound, count, total, times.lowerBound.microseconds,
            times.upperBound.microseconds, sealedAt.microseconds,
        ]
        return hash == digest(Self.content(numbers, [rowsHash, marksHash, previous]))
    }

    /// Whether it is the seal after `last`.
    package func follows(_ last: AuditSeal?) -> Bool {
        number == (last?.number ?? 0) + 1 && ids.lowerBound == Self.firstID(after: last)
            && total == (last?.total ?? 0) + count && previous == last?.hash ?? Self.noHash
    }

    private static func content(_ numbers: [Int64], _ hashes: [[UInt8]]) -> [UInt8] {
        var bytes = CanonicalBytes("volley audit seal 1")
        for number in numbers { bytes.add(number) }
        for hash in hashes { bytes.add(hash) }
        return bytes.bytes
    }
}
