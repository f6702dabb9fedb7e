import BrokerKit
import Fuzzing
import JSON
import Testing
import Trading

/// Amounts as brokers write them, against a reader that counts digits one by one.
@Suite("Fuzz: amounts", .timeLimit(.minutes(60)))
struct AmountFuzzTests {
    @Test func `an amount in an answer is read exactly, cut where its unit ends, or refused`()
        async
    {
        let found = await FuzzRun("amounts", cases: 60_000).run { random in
            let text = Self.text(&random)
            let value: JSONValue = random.chance(50) ? Self.number(text) : ["v": .string(text)]
            return Self.fault(in: value, text)
        }
        #expect(found == nil, "\(found ?? "")")
    }

    private static func number(_ text: String) -> JSONValue {
        ["v": JSONNumber(text).map(JSONValue.number) ?? .string(text)]
    }

    private static func fault(in value: JSONValue, _ text: String) -> String? {
        let money = DigitsOfNumber(text).flatMap { $0.scaled(2) }
        let price = DigitsOfNumber(text).flatMap { $0.scaled(4) }
        if let read = value.money("v") {
            guard read.paise == money?.value, abs(read.paise) <= Money.limit.paise else {
                return "\(text) became \(read)"
            }
        } else if let money, abs(money.value) <= Money.limit.paise, isOrdinary(text) {
            return "\(text) was refused as money"
        }
        if let read = value.price("v") {
            guard read.raw == price?.value, read.raw > 0, read <= .limit else {
                return "\(text) became the price \(read)"
            }
        }
        if let read = value.quantity("v") {
            let whole = DigitsOfNumber(text).flatMap { $0.scaled(0) }
            guard let whole, whole.isExact, read.raw == whole.value, read <= .limit else {
                return "\(text) became \(read) shares"
            }
        }
        return nil
    }

    /// What every broker may write: a number as JSON has it, without an exponent.
    private static func isOrdinary(_ text: String) -> Bool {
        JSONNumber(text) != nil && !text.utf8.contains { $0 | 0x20 == UInt8(ascii: "e") }
    }

    private static func text(_ random: inout FuzzRandom) -> String {
        if random.chance(25) { return random.pick(HostileText.numbers + HostileText.almostNumbers) }
        var text = random.chance(20) ? "-" : ""
        text += random.chance(20) ? "0" : digits(1 + random.below(14), &random)
        if random.chance(70) { text += "." + digits(1 + random.below(7), &random) }
        if random.chance(20) {
            text += random.chance(50) ? "E" : "e"
            text += random.pick(["", "+", "-"]) + String(random.below(random.chance(80) ? 12 : 60))
        }
        return text
    }

    private static func digits(_ count: Int, _ random: inout FuzzRandom) -> String {
        (0..<count).map { _ in String(random.below(10)) }.joined()
    }
}

/// A JSON number as its digits and the place of its point; slow, and like no reader of ours.
private struct DigitsOfNumber {
    private var digits: [Int] = []
    private var isNegative = false
    /// How many of the digits stand behind the point; below zero: so many zeros are missing.
    private var decimals = 0

    init?(_ text: String) {
        let isPlain = text.wholeMatch(of: /-?[0-9]+(\.[0-9]+)?/) != nil
        guard isPlain || JSONNumber(text) != nil else { return nil }
        var seenPoint = false
        var rest = Substring(text)
        if rest.first == "-" {
            isNegative = true
            rest.removeFirst()
        }
        while let character = rest.first, character != "e", character != "E" {
            rest.removeFirst()
            if character == "." {
                seenPoint = true
            } else if let digit = character.wholeNumberValue {
                digits.append(digit)
                if seenPoint { decimals += 1 }
            }
        }
        // Nothing remains nothing, however far its point is moved.
        guard !rest.isEmpty, digits.contains(where: { $0 != 0 }) else { return }
        guard let exponent = Int(rest.dropFirst()), exponent.magnitude < 1_000 else { return nil }
        decimals -= exponent
    }

    /// The number times a power of ten, cut to a whole one; nil where that does not fit.
    func scaled(_ places: Int) -> (value: Int64, isExact: Bool)? {
        var digits = digits
        var isExact = true
        var shift = places - decimals
        while shift > 0, shift < 1_100 {
            digits.append(0)
            shift -= 1
        }
        while shift < 0 {
            if digits.popLast() ?? 0 != 0 { isExact = false }
            shift += 1
        }
        let significant = digits.drop { $0 == 0 }
        guard significant.count <= 18 else { return nil }
        let value = significant.reduce(Int64(0)) { $0 * 10 + Int64($1) }
        return (isNegative ? -value : value, isExact)
    }
}
