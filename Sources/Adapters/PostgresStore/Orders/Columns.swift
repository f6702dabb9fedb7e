import Desk
import Postgres
import Trading

/// Reads a row's columns from left to right, each as the value that it means.
struct Columns {
    private let row: PostgresRow
    private var next = 0

    init(_ row: PostgresRow) { self.row = row }

    private mutating func step() -> Int {
        defer { next += 1 }
        return next
    }

    mutating func int() -> Int64 { row.int(step()) }
    mutating func optionalInt() -> Int64? { row.optionalInt(step()) }
    mutating func text() -> String { row.text(step()) }
    mutating func optionalText() -> String? { row.optionalText(step()) }
    mutating func bool() -> Bool { row.bool(step()) }
    mutating func bytes() -> [UInt8] { row.bytes(step()) }
    mutating func optionalBytes() -> [UInt8]? { row.optionalBytes(step()) }
    mutating func ints() -> [Int64] { row.ints(step()) }
    mutating func texts() -> [String] { row.texts(step()) }

    mutating func id<Subject>(_: ID<Subject>.Type = ID<Subject>.self) -> ID<Subject> { ID(int()) }
    mutating func optionalID<Subject>() -> ID<Subject>? { optionalInt().map { ID($0) } }
    mutating func money() -> Money { Money(paise: int()) }
    mutating func quantity() -> Quantity { Quantity(int()) }
    mutating func price() -> Price { Price(raw: int()) }
    mutating func optionalPrice() -> Price? { optionalInt().map { Price(raw: $0) } }
    mutating func timestamp() -> Timestamp { Timestamp(microseconds: row.timestamp(step())) }
    mutating func optionalTimestamp() -> Timestamp? {
        row.optionalTimestamp(step()).map { Timestamp(microseconds: $0) }
    }

    /// A word of a fixed set; one that we do not know is a defect of the data.
    mutating func word<Word: RawRepresentable>(_: Word.Type = Word.self) throws(StoreFailure)
        -> Word where Word.RawValue == String
    {
        let text = text()
        guard let word = Word(rawValue: text) else {
            throw .broken("the database holds the unknown word '\(text)' for \(Word.self)")
        }
        return word
    }

    /// The same, or null.
    mutating func optionalWord<Word: RawRepresentable>(_: Word.Type = Word.self)
        throws(StoreFailure) -> Word? where Word.RawValue == String
    {
        guard let text = optionalText() else { return nil }
        guard let word = Word(rawValue: text) else {
            throw .broken("the database holds the unknown word '\(text)' for \(Word.self)")
        }
        return word
    }
}

extension Duration {
    /// Whole microseconds, as the database counts.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
