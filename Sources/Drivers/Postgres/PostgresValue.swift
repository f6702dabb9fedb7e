/// A parameter of a statement.
///
/// Times are microseconds since 1970-01-01 00:00 UTC, with `Int64.max` and `.min` for PostgreSQL's
/// `infinity` and `-infinity`. Arrays have one dimension.
package enum PostgresValue: Sendable {
    /// SQL's NULL, of whatever type is wanted there.
    case null
    case bool(Bool)
    /// `bigint`; an assignment to `integer` or `smallint` is range-checked by the server.
    case int(Int64)
    /// The type is whatever is wanted there: also `numeric`, `uuid` or an enumeration.
    case text(String)
    case bytes([UInt8])
    /// `jsonb`, as its text.
    case json(String)
    /// `timestamptz`.
    case timestamp(Int64)
    /// `date`, as days since 1970-01-01.
    case date(Int32)
    case ints([Int64])
    case optionalInts([Int64?])
    case texts([String])
    case optionalTexts([String?])
    case bools([Bool])
    case byteArrays([[UInt8]])
    case timestamps([Int64])
    case optionalTimestamps([Int64?])

    /// The type told to the server; 0 where it is to infer it.
    var typeID: UInt32 {
        switch self {
        case .null, .text: TypeID.unspecified
        case .bool: TypeID.bool
        case .int: TypeID.int8
        case .bytes: TypeID.bytea
        case .json: TypeID.jsonb
        case .timestamp: TypeID.timestamptz
        case .date: TypeID.date
        case .ints, .optionalInts: TypeID.int8Array
        case .texts, .optionalTexts: TypeID.textArray
        case .bools: TypeID.boolArray
        case .byteArrays: TypeID.byteaArray
        case .timestamps, .optionalTimestamps: TypeID.timestamptzArray
        }
    }

    /// Whether a statement prepared for this type takes the value.
    func suits(_ declared: UInt32) -> Bool {
        if case .null = self { return true }
        return typeID == declared
    }

    /// Whether it travels as text, which ends at the first zero byte.
    var isText: Bool {
        switch self {
        case .text, .json: true
        default: false
        }
    }

    /// Whether it is a text with a zero byte, which PostgreSQL cannot hold and C would cut.
    var isCutByC: Bool {
        switch self {
        case .text(let text), .json(let text): text.utf8.contains(0)
        default: false
        }
    }
}

/// Numbers of PostgreSQL's built-in types, fixed for ever (`pg_type.dat`).
enum TypeID {
    static let unspecified: UInt32 = 0
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let json: UInt32 = 114
    static let date: UInt32 = 1082
    static let timestamp: UInt32 = 1114
    static let timestamptz: UInt32 = 1184
    static let uuid: UInt32 = 2950
    static let jsonb: UInt32 = 3802
    static let boolArray: UInt32 = 1000
    static let byteaArray: UInt32 = 1001
    static let textArray: UInt32 = 1009
    static let int8Array: UInt32 = 1016
    static let timestamptzArray: UInt32 = 1185

    /// `"char"`, `name`, `text`, `json`, `unknown`, `char(n)`, `varchar`.
    private static let texts: Set<UInt32> = [18, 19, 25, 114, 705, 1042, 1043]
    private static let firstOfUsers: UInt32 = 16384

    /// Whether its binary form is its text: also enumerations, whose numbers differ by database.
    static func isText(_ id: UInt32) -> Bool { texts.contains(id) || id >= firstOfUsers }
    static func isInteger(_ id: UInt32) -> Bool { id == int8 || id == int4 || id == int2 }
    static func isTime(_ id: UInt32) -> Bool { id == timestamptz || id == timestamp }
}

/// PostgreSQL counts from 2000-01-01 00:00 UTC, we count from 1970.
enum PostgresEpoch {
    private static let microseconds: Int64 = 946_684_800_000_000
    private static let days: Int32 = 10_957

    /// Saturates, so that the ends stay the infinities that they mean.
    static func toServer(microseconds time: Int64) -> Int64 {
        guard time != .max else { return .max }
        let (value, overflow) = time.subtractingReportingOverflow(microseconds)
        return overflow ? .min : value
    }
    static func fromServer(microseconds time: Int64) -> Int64 {
        guard time != .min else { return .min }
        let (value, overflow) = time.addingReportingOverflow(microseconds)
        return overflow ? .max : value
    }
    static func toServer(days date: Int32) -> Int32 {
        guard date != .max else { return .max }
        let (value, overflow) = date.subtractingReportingOverflow(days)
        return overflow ? .min : value
    }
    static func fromServer(days date: Int32) -> Int32 {
        guard date != .min else { return .min }
        let (value, overflow) = date.addingReportingOverflow(days)
        return overflow ? .max : value
    }
}
