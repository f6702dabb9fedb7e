/// Our own id on an order at a broker, by which its books can be searched.
///
/// Letters and digits only, 8 to 20 of them, so that it fits the tightest of the brokers' fields
/// (Kite `tag` ≤ 20, Groww 8–20; brokers/index.md, design consequence 2). It is a search key, not
/// a guard: no broker but Groww refuses a repeated one.
package enum BrokerReference {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// Letters of the mark that keeps two installations apart that share a broker account.
    package static let markLength = 3

    /// Letters and digits of a reference.
    private static let length = 18

    /// Whether an installation of this mark would make such a reference.
    package static func isMade(_ text: String, with mark: String) -> Bool {
        text.utf8.count == length && text.hasPrefix("V" + mark)
            && text.utf8.allSatisfy(digits.contains)
    }

    /// The reference of one attempt; different for every attempt of every intent.
    ///
    /// `mark` is three letters or digits, chosen at random once per database, so that a database
    /// that was made anew never finds the orders of its predecessor.
    package static func make(_ intent: IntentID, attempt: Int16, mark: String) -> String {
        precondition(intent.raw >= 0 && intent.raw < 1 << 60, "out of range")
        precondition(attempt > 0 && attempt < 1024 && mark.utf8.count == markLength, "out of range")
        var text = [UInt8(ascii: "V")] + Array(mark.utf8)
        for place in (0..<12).reversed() {
            text.append(digits[Int(intent.raw >> (5 * place) & 31)])
        }
        text.append(digits[Int(attempt >> 5)])
        text.append(digits[Int(attempt & 31)])
        return String(decoding: text, as: UTF8.self)
    }
}
