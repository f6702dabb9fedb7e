/// The digests of audit rows in the order of their ids: what seals are made of and compared with.
package struct DigestedRows: Sendable {
    /// Bytes of a mark: enough to tell which row it was, while the seal's hash proves that it was.
    package static let markLength: Int64 = 8

    /// Id and SHA-256 of each row.
    package let digests: [(id: Int64, digest: [UInt8])]

    /// `rows` are in the order of their ids.
    package init(_ rows: [AuditRecord], digest: AuditSeal.Digest) {
        digests = rows.map { ($0.id, digest($0.canonicalBytes)) }
    }

    /// The hash over all digests.
    package func hash(_ digest: AuditSeal.Digest) -> [UInt8] {
        digest(digests.flatMap(\.digest))
    }

    /// A mark for each id of the range; zero bytes for an id without a row.
    package func marks(_ ids: ClosedRange<Int64>) -> [UInt8] {
        let length = Int(Self.markLength)
        var marks = [UInt8](
            repeating: 0,
            count: (Int(ids.upperBound - ids.lowerBound) + 1) * length
        )
        for (id, digest) in digests where ids.contains(id) {
            let start = Int(id - ids.lowerBound) * length
            marks.replaceSubrange(start..<start + length, with: Self.mark(of: digest))
        }
        return marks
    }

    /// The first row that is not the one that was sealed; nil where all are.
    ///
    /// `marks` are those of the seal, which are known to be good.
    package func firstFault(_ seal: AuditSeal, marks: [UInt8]) -> AuditFault? {
        let length = Int(Self.markLength)
        let sealed: (Int64) -> [UInt8] = { id in
            let start = Int(id - seal.ids.lowerBound) * length
            return Array(marks[start..<start + length])
        }
        let none = [UInt8](repeating: 0, count: length)
        var next = seal.ids.lowerBound
        for (id, digest) in digests {
            // Rows that have the id of the row before them are added ones.
            guard id >= next else { return .rowAdded(id, seal: seal.number) }
            while next < id {
                if sealed(next) != none { return .rowMissing(next, seal: seal.number) }
                next += 1
            }
            let mark = sealed(id)
            if mark == none { return .rowAdded(id, seal: seal.number) }
            if mark != Self.mark(of: digest) { return .rowChanged(id, seal: seal.number) }
            next = id + 1
        }
        while next <= seal.ids.upperBound {
            if sealed(next) != none { return .rowMissing(next, seal: seal.number) }
            next += 1
        }
        return nil
    }

    /// The first bytes of a digest; never all zero, which means that there is no row.
    private static func mark(of digest: [UInt8]) -> [UInt8] {
        var mark = Array(digest.prefix(Int(markLength)))
        if mark.allSatisfy({ $0 == 0 }), let last = mark.indices.last { mark[last] = 1 }
        return mark
    }
}
