import Telemetry

/// Reads single settings and notes what is wrong with each.
struct SettingsReader {
    let environment: [String: String]
    let readFile: (String) -> String?
    private(set) var problems: [String] = []

    init(environment: [String: String], readFile: @escaping (String) -> String?) {
        self.environment = environment
        self.readFile = readFile
    }

    mutating func problem(_ sentence: String) { problems.append(sentence) }

    mutating func url(_ name: String, schemes: [String]) -> String {
        guard let text = environment[name], !text.isEmpty else {
            problem("\(name) is not set; it looks like \(schemes[0])://…")
            return ""
        }
        guard schemes.contains(where: { text.hasPrefix($0 + "://") }) else {
            // The text may hold a password: it is not repeated.
            problem("\(name) must begin with \(schemes.joined(separator: ":// or "))://")
            return ""
        }
        return text
    }

    /// Only loopback or a sandbox, unless live trading was asked for.
    mutating func brokerURL(_ name: String, default fallback: String, live: Bool) -> String {
        let text = environment[name] ?? fallback
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            problem("\(name) must begin with http:// or https://")
            return text
        }
        checkPlace(name, text, live: live, secure: "https://")
        return text
    }

    /// A stream is logged in to with the account's token, so it may be no more elsewhere than orders.
    mutating func optionalStreamURL(_ name: String, live: Bool) -> String? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        guard text.hasPrefix("ws://") || text.hasPrefix("wss://") else {
            problem("\(name) must begin with ws:// or wss://")
            return nil
        }
        checkPlace(name, text, live: live, secure: "wss://")
        return text
    }

    private mutating func checkPlace(_ name: String, _ text: String, live: Bool, secure: String) {
        let host = Self.host(of: text)
        let isLocal =
            ["127.0.0.1", "localhost", "[::1]", "sandbox", "broker-sandbox"].contains(host)
            || host.hasPrefix("127.") || host.hasPrefix("sandbox.")
        if !live, !isLocal {
            problem("\(name) names \(host): sending there needs VOLLEY_LIVE=yes (see the README)")
        }
        if live, !isLocal, !text.hasPrefix(secure) {
            problem("\(name) must be \(secure) where real orders are sent")
        }
    }

    private static func host(of url: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return "" }
        let authority = url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // What stands before an @ is a user name, and not where the connection goes.
        let hostAndPort =
            authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        if hostAndPort.hasPrefix("[") {
            return String(hostAndPort.prefix { $0 != "]" }) + "]"
        }
        return String(hostAndPort.prefix { $0 != ":" }).lowercased()
    }

    mutating func address(_ name: String, default fallback: String) -> Settings.Address {
        let text = environment[name] ?? fallback
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
            let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
        else {
            problem("\(name) must be host:port, such as 127.0.0.1:8080")
            return Settings.Address(host: "", port: 0)
        }
        return Settings.Address(host: String(text[..<colon]), port: port)
    }

    mutating func optionalAddress(_ name: String) -> Settings.Address? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        return address(name, default: text)
    }

    mutating func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) -> Int
    {
        guard let text = environment[name], !text.isEmpty else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            problem(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
            return fallback
        }
        return number
    }

    mutating func choice(_ name: String, _ words: [String], default fallback: String) -> String {
        guard let text = environment[name], !text.isEmpty else { return fallback }
        guard words.contains(text) else {
            problem("\(name) must be one of \(words.joined(separator: ", "))")
            return fallback
        }
        return text
    }

    mutating func logLevel() -> LogLevel {
        let levels: [String: LogLevel] = [
            "debug": .debug, "info": .info, "notice": .notice, "warning": .warning, "error": .error,
        ]
        let word = choice("VOLLEY_LOG_LEVEL", levels.keys.sorted(), default: "info")
        return levels[word] ?? .info
    }
}
