import HTTPServer
import JSON
import Trading

/// Reads the fields of a JSON body and collects everything that is wrong with them.
///
/// Unknown fields are refused: a misspelt `limit_price` must not become a market order.
struct Fields {
    private let object: JSONObject
    private var read: Set<String> = []
    private(set) var problems: [FieldProblem] = []

    /// The fields of a request's body, which must be one JSON object.
    init(of request: HTTPServerRequest) throws(Problem) {
        guard !request.body.isEmpty else {
            throw Problem(400, "empty_body", "The body is empty; send a JSON object.")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: request.body)
        } catch {
            throw Problem(
                400,
                "malformed_json",
                "The body is not JSON: \(error.reason) at byte \(error.offset)."
            )
        }
        guard let object = value.object else {
            throw Problem(400, "not_an_object", "The body must be a JSON object.")
        }
        self.object = object
    }

    /// The fields of an object within a body.
    init(_ object: JSONObject) { self.object = object }

    /// Notes that a field is wrong.
    mutating func refuse(_ field: String, _ code: String, _ sentence: String) {
        problems.append(FieldProblem(field, code, sentence))
    }

    /// Throws what is wrong, also fields that nobody asked for.
    mutating func finish() throws(Problem) {
        for key in object.keys where !read.contains(key) {
            let shown = String(key.prefix(40).filter { $0.isLetter || $0.isNumber || $0 == "_" })
            refuse(shown, "unknown_field", "There is no field of this name here.")
        }
        guard problems.isEmpty else { throw Problem.invalid(problems) }
    }

    /// The value, or nil where it is missing or null.
    mutating func value(_ name: String) -> JSONValue? {
        read.insert(name)
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    mutating func has(_ name: String) -> Bool { value(name) != nil }

    /// Text of 1 to `limit` characters without control characters.
    mutating func text(_ name: String, limit: Int = 200, required: Bool = true) -> String? {
        guard let value = value(name) else { return missing(name, required) }
        guard let text = value.string else {
            refuse(name, "wrong_type", "\(name) must be text.")
            return nil
        }
        guard !text.isEmpty, text.utf8.count <= limit else {
            refuse(name, "wrong_length", "\(name) must have 1 to \(limit) characters.")
            return nil
        }
        guard !text.hasControlCharacters else {
            refuse(name, "control_characters", "\(name) must not hold control characters.")
            return nil
        }
        return text
    }

    /// One of an enumeration's words, in any case of letters.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        _ type: Word.Type,
        default fallback: Word? = nil,
        required: Bool = true
    ) -> Word? where Word.RawValue == String {
        guard let value = value(name) else {
            return fallback ?? missing(name, required)
        }
        let match = value.string.flatMap { text in
            Word.allCases.first { $0.rawValue.lowercased() == text.lowercased() }
        }
        if match == nil {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            refuse(name, "unknown_word", "\(name) must be one of \(words).")
        }
        return match
    }

    /// A whole number in a range.
    mutating func integer(_ name: String, in range: ClosedRange<Int64>, required: Bool = true)
        -> Int64?
    {
        guard let value = value(name) else { return missing(name, required) }
        guard let number = value.int64 ?? value.string.flatMap({ Int64($0) }) else {
            refuse(name, "wrong_type", "\(name) must be a whole number.")
            return nil
        }
        guard range.contains(number) else {
            refuse(
                name,
                "out_of_range",
                "\(name) must be from \(range.lowerBound) to \(range.upperBound)."
            )
            return nil
        }
        return number
    }

    /// Shares: 1 to the limit of what may enter.
    mutating func quantity(_ name: String, required: Bool = true) -> Quantity? {
        integer(name, in: 1...Quantity.limit.raw, required: required).map { Quantity($0) }
    }

    /// A price in rupees, as text or number.
    mutating func price(_ name: String) -> Price? {
        decimal(name, "a price above 0 with at most four decimals, such as 2950.50") {
            Price(rupees: $0)
        }
    }

    /// An amount of rupees that is not negative, as text or number.
    mutating func money(_ name: String, required: Bool = false) -> Money? {
        guard has(name) || !required else { return missing(name, true) }
        return decimal(name, "an amount of rupees, not negative, with at most two decimals") {
            Money(rupees: $0).flatMap { $0 >= .zero ? $0 : nil }
        }
    }

    /// A part in percent, as text or number.
    mutating func percent(_ name: String) -> BasisPoints? {
        decimal(name, "a percentage above 0 and at most 100, with at most two decimals") {
            BasisPoints(percent: $0)
        }
    }

    /// A moment as RFC 3339 text.
    mutating func moment(_ name: String) -> Timestamp? {
        guard let value = value(name) else { return nil }
        guard let moment = value.string.flatMap(TimestampText.parse) else {
            refuse(name, "wrong_type", "\(name) must be a time such as 2026-11-23T09:15:00+05:30.")
            return nil
        }
        return moment
    }

    /// A list of texts.
    mutating func texts(_ name: String, limit: Int) -> [String]? {
        guard let value = value(name) else { return nil }
        let texts = value.array?.compactMap(\.string)
        guard let texts, texts.count == value.array?.count, texts.count <= limit,
            texts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 100 && !$0.hasControlCharacters })
        else {
            refuse(name, "wrong_type", "\(name) must be a list of at most \(limit) plain texts.")
            return nil
        }
        return texts
    }

    private mutating func decimal<Value>(
        _ name: String,
        _ expected: String,
        _ parse: (String) -> Value?
    ) -> Value? {
        guard let value = value(name) else { return nil }
        guard let text = value.number?.text ?? value.string, let parsed = parse(text) else {
            refuse(name, "out_of_range", "\(name) must be \(expected).")
            return nil
        }
        return parsed
    }

    private mutating func missing<Value>(_ name: String, _ required: Bool) -> Value? {
        if required { refuse(name, "required", "\(name) is required.") }
        return nil
    }
}

extension String {
    /// Whether some character would break a line, a log or a table's text.
    var hasControlCharacters: Bool {
        unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
    }
}
