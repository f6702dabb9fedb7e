import Exchange
import JSON

/// Members of nested bodies: brokers take numbers written as text too.
extension JSONValue {
    /// Text, or a number as it was written; nil for null, absent or empty.
    func word(_ name: String) -> String? {
        switch self[name] {
        case .string(let text): text.isEmpty ? nil : text
        case .number(let number): number.text
        default: nil
        }
    }

    /// An amount above zero.
    func positive(_ name: String) -> Rupees? {
        word(name).flatMap { Rupees(decimal: $0) }
            .flatMap { $0 > .zero && $0 <= .greatest ? $0 : nil }
    }

    /// A number of shares that an order may have.
    func shares(_ name: String) -> Int64? {
        guard let amount = word(name).flatMap({ Rupees(decimal: $0) }),
            amount.tenThousandths % 10_000 == 0
        else { return nil }
        let shares = amount.tenThousandths / 10_000
        return (1...100_000_000).contains(shares) ? shares : nil
    }
}
