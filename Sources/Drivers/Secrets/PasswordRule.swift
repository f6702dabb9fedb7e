/// Which passwords may be chosen: long, and not among the first that anybody tries.
package enum PasswordRule {
    /// Fewer characters are not enough.
    package static let shortest = 12

    /// Why a password may not be chosen.
    package enum Weakness: String, Sendable, CaseIterable {
        case tooShort = "too_short"
        case common = "too_common"
        case repeating
        case aboutTheUser = "about_the_user"

        /// For whoever chooses.
        package var sentence: String {
            switch self {
            case .tooShort: "A password must have at least \(PasswordRule.shortest) characters."
            case .common: "This password is among the first that anybody tries."
            case .repeating: "A password must be more than a few characters again and again."
            case .aboutTheUser: "A password must not be made of its user's address."
            }
        }
    }

    /// What is wrong with a password of the user with this address; nil where nothing is.
    package static func weakness(of password: String, email: String) -> Weakness? {
        guard password.count >= shortest else { return .tooShort }
        let plain = plain(password)
        if repeats(Array(password.lowercased())) { return .repeating }
        if isRun(Array(password.lowercased().utf8)) { return .common }
        let core = core(plain)
        if CommonPasswords.words.contains(core) || CommonPasswords.whole.contains(plain)
            || CommonPasswords.whole.contains(password.lowercased())
        {
            return .common
        }
        // Two well-known words are one well-known password.
        let isPair = core.indices.contains { index in
            CommonPasswords.words.contains(String(core[..<index]))
                && CommonPasswords.words.contains(String(core[index...]))
        }
        if isPair { return .common }
        let parts = email.lowercased().split { $0 == "@" || $0 == "." }.filter { $0.count >= 4 }
        let isOwn = parts.contains { part in
            let rest = plain.replacing(Self.plain(String(part)), with: "")
            return rest.count < plain.count && rest.count < 6
        }
        return isOwn ? .aboutTheUser : nil
    }

    /// In small letters, with the signs that stand for letters read as those.
    private static func plain(_ password: String) -> String {
        let letters: [Character: Character] = [
            "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s",
            "!": "i",
        ]
        return String(password.lowercased().map { letters[$0] ?? $0 })
    }

    /// Without the digits and signs that people put around a word to make it pass.
    ///
    /// Some of them are read as letters by now, so those go too where a known word is left.
    private static func core(_ plain: String) -> String {
        let letters = plain.filter(\.isLetter)
        let longest = CommonPasswords.words.filter { letters.hasPrefix($0) }
            .max { $0.count < $1.count }
        guard let longest else { return letters }
        let rest = letters.dropFirst(longest.count)
        // What is left of years and counted digits: `oi`, `iiea`.
        return rest.allSatisfy { "oieasti".contains($0) } ? longest : letters
    }

    /// Whether it is made of few characters, or of one piece again and again.
    private static func repeats(_ characters: [Character]) -> Bool {
        if Set(characters).count < 5 { return true }
        return (1...max(1, characters.count / 2)).contains { length in
            characters.indices.allSatisfy { characters[$0] == characters[$0 % length] }
        }
    }

    /// Whether each character is the next after, or before, the one in front: `abcdefghijkl`.
    private static func isRun(_ bytes: [UInt8]) -> Bool {
        let steps = zip(bytes, bytes.dropFirst()).map { Int($1) - Int($0) }
        let isNext: (Int) -> Bool = { [1, -9].contains($0) }
        return steps.allSatisfy(isNext) || steps.allSatisfy { isNext(-$0) }
    }
}
