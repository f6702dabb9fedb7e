/// Where an account's calls leave from: an address of the machine, or a proxy.
package enum EgressPlace: Sendable, Equatable {
    case address(String)
    /// A URL, which may hold a user and a password.
    case proxy(String)

    private static let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]

    /// Reads `203.0.113.7`, `2001:db8::7` or `socks5://user:password@host:1080`; nil for anything else.
    package init?(_ text: String) {
        guard let colon = text.firstRange(of: "://") else {
            guard Self.isAddress(text) else { return nil }
            self = .address(text)
            return
        }
        let scheme = text[..<colon.lowerBound]
        let place = text[colon.upperBound...]
        let host = place.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard Self.schemes.contains(String(scheme)), isPlain, let first = host.first,
            first != ":", first != "/"
        else { return nil }
        self = .proxy(text)
    }

    /// The place for people: a proxy without its user and password.
    package var words: String {
        switch self {
        case .address(let address): return "address \(address)"
        case .proxy(let url):
            let parts = url.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count > 1, let host = parts.last,
                let scheme = url.firstRange(of: "://").map({ url[..<$0.upperBound] })
            else { return "proxy \(url)" }
            return "proxy \(scheme)\(host)"
        }
    }

    /// Whether two texts name one address; IPv6 by what it is, not by how it is written.
    package static func isSame(_ left: String, _ right: String) -> Bool {
        guard let left = groups(left), let right = groups(right) else { return left == right }
        return left == right
    }

    private static func isAddress(_ text: String) -> Bool { groups(text) != nil }

    /// The numbers of an address: four of IPv4, eight of IPv6; nil where the text is no address.
    private static func groups(_ text: String) -> [UInt16]? {
        text.contains(":") ? six(text) : four(text)
    }

    private static func four(_ text: some StringProtocol) -> [UInt16]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> UInt16? in
            let isNumber = (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit)
            // With a zero before it some read octal.
            guard isNumber, part.utf8.count == 1 || part.first != "0" else { return nil }
            return UInt16(part).flatMap { $0 <= 255 ? $0 : nil }
        }
        return parts.count == 4 && numbers.count == 4 ? numbers : nil
    }

    private static func six(_ text: String) -> [UInt16]? {
        let halves: [Substring]
        if let gap = text.firstRange(of: "::") {
            halves = [text[..<gap.lowerBound], text[gap.upperBound...]]
        } else {
            halves = [text[...]]
        }
        var sides: [[UInt16]] = []
        for (place, half) in halves.enumerated() {
            guard let groups = groups(half, isLast: place == halves.count - 1) else { return nil }
            sides.append(groups)
        }
        let count = sides.reduce(0) { $0 + $1.count }
        guard sides.count == 2 else { return count == 8 ? sides[0] : nil }
        guard count < 8 else { return nil }
        return sides[0] + Array(repeating: 0, count: 8 - count) + sides[1]
    }

    private static func groups(_ half: Substring, isLast: Bool) -> [UInt16]? {
        guard !half.isEmpty else { return [] }
        let parts = half.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (place, part) in parts.enumerated() {
            if isLast, place == parts.count - 1, part.contains("."), let tail = four(part) {
                groups += [tail[0] << 8 | tail[1], tail[2] << 8 | tail[3]]
            } else if (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit),
                let group = UInt16(part, radix: 16)
            {
                groups.append(group)
            } else {
                return nil
            }
        }
        return groups
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }
}
