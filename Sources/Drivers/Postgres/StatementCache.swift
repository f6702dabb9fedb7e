/// The statements that one connection has prepared; the longest unused makes room for a new one.
struct StatementCache {
    /// A statement as the server knows it, for one choice of parameter types.
    final class Prepared {
        let name: String
        let types: [UInt32]
        fileprivate var lastUse = 0

        fileprivate init(name: String, types: [UInt32]) {
            self.name = name
            self.types = types
        }
    }

    private let capacity: Int
    /// Mostly one each; more where the same place was given values of different types.
    private var entries: [PostgresStatement: [Prepared]] = [:]
    private var count = 0
    private var uses = 0
    private var made = 0
    /// Names that the server still keeps though nobody will use them again.
    private(set) var owed: [String] = []

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// The prepared statement that takes these values.
    mutating func find(_ statement: PostgresStatement, _ values: [PostgresValue]) -> Prepared? {
        guard let variants = entries[statement] else { return nil }
        for variant in variants where Self.suits(variant.types, values) {
            uses += 1
            variant.lastUse = uses
            return variant
        }
        return nil
    }

    /// Notes a statement that is about to be prepared.
    mutating func insert(_ statement: PostgresStatement, _ values: [PostgresValue]) -> Prepared {
        if count >= capacity { evict() }
        made += 1
        uses += 1
        // Names are never used twice, so that a failed preparation cannot be taken for another.
        let prepared = Prepared(name: "v\(made)", types: values.map(\.typeID))
        prepared.lastUse = uses
        entries[statement, default: []].append(prepared)
        count += 1
        return prepared
    }

    /// Forgets a statement whose preparation failed.
    mutating func remove(_ prepared: Prepared, of statement: PostgresStatement) {
        guard var variants = entries.removeValue(forKey: statement) else { return }
        let before = variants.count
        variants.removeAll { $0 === prepared }
        count -= before - variants.count
        if !variants.isEmpty { entries[statement] = variants }
    }

    /// Notes that the server has forgotten that name.
    mutating func paid(_ name: String) { owed.removeAll { $0 == name } }

    private mutating func evict() {
        var oldest: (statement: PostgresStatement, prepared: Prepared)?
        for (statement, variants) in entries {
            for variant in variants where variant.lastUse < oldest?.prepared.lastUse ?? .max {
                oldest = (statement, variant)
            }
        }
        guard let oldest else { return }
        remove(oldest.prepared, of: oldest.statement)
        owed.append(oldest.prepared.name)
    }

    private static func suits(_ types: [UInt32], _ values: [PostgresValue]) -> Bool {
        guard types.count == values.count else { return false }
        for index in types.indices where !values[index].suits(types[index]) { return false }
        return true
    }
}
