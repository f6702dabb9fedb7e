package import Exchange

/// What the sandbox is started with.
package struct SandboxConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 takes any free port.
    package var port = 9100
    package var webSocketHost = "127.0.0.1"
    package var webSocketPort = 9101
    package var seed: UInt64 = 42
    package var hours = TradingHours.exchange
    /// Any client id and token is let in and given an unlimited account; for benches.
    package var accountsOpen = false
    package var latencyMilliseconds: Int64 = 0
    /// Whether Dhan's rate limits are kept.
    package var limits = true
    package var instruments = Instrument.listed
    /// Microseconds since 1970: a test's own clock goes here.
    package var clock: @Sendable () -> Int64 = SandboxConfiguration.systemClock

    package init() {}

    /// A server on free ports whose market is open: for tests.
    package static var ephemeral: SandboxConfiguration {
        var configuration = SandboxConfiguration()
        configuration.port = 0
        configuration.webSocketPort = 0
        configuration.hours = .alwaysOpen
        return configuration
    }

    package static let usage = """
        usage: broker-sandbox [--listen HOST:PORT] [--ws-listen HOST:PORT] [--seed NUMBER]
                              [--market open|closed|exchange] [--accounts-open]
                              [--latency-ms NUMBER] [--no-limits]
        Each option may also come from the environment: BROKER_SANDBOX_LISTEN,
        BROKER_SANDBOX_WS_LISTEN, BROKER_SANDBOX_SEED, BROKER_SANDBOX_MARKET,
        BROKER_SANDBOX_ACCOUNTS_OPEN=yes, BROKER_SANDBOX_LATENCY_MS, BROKER_SANDBOX_NO_LIMITS=yes.
        """

    /// Reads the environment, then the options, which win.
    package init(
        arguments: [String],
        environment: [String: String]
    ) throws(SandboxOptionError) {
        for option in Self.valued {
            let name = Self.environmentName(option)
            if let value = environment[name], !value.isEmpty {
                try set(option, value, saidAs: name)
            }
        }
        for option in Self.flags {
            let name = Self.environmentName(option)
            switch environment[name] {
            case nil, "", "no": break
            case "yes": raise(option)
            case let other?: throw SandboxOptionError("\(name) must be yes or no, not \(other)")
            }
        }
        var rest = arguments[...]
        while let option = rest.popFirst() {
            if Self.flags.contains(option) {
                raise(option)
            } else if Self.valued.contains(option) {
                guard let value = rest.popFirst() else {
                    throw SandboxOptionError("\(option) needs a value")
                }
                try set(option, value, saidAs: option)
            } else {
                throw SandboxOptionError("unknown option \(option)")
            }
        }
    }

    private static let valued = ["--listen", "--ws-listen", "--seed", "--market", "--latency-ms"]
    private static let flags = ["--accounts-open", "--no-limits"]

    private static func environmentName(_ option: String) -> String {
        "BROKER_SANDBOX_"
            + String(option.dropFirst(2).uppercased().map { $0 == "-" ? "_" : $0 })
    }

    private mutating func raise(_ flag: String) {
        if flag == "--accounts-open" { accountsOpen = true } else { limits = false }
    }

    private mutating func set(
        _ option: String,
        _ value: String,
        saidAs name: String
    ) throws(SandboxOptionError) {
        switch option {
        case "--listen": (host, port) = try Self.address(value, name)
        case "--ws-listen": (webSocketHost, webSocketPort) = try Self.address(value, name)
        case "--seed":
            guard let number = UInt64(value) else {
                throw SandboxOptionError("\(name) must be a whole number, not \(value)")
            }
            seed = number
        case "--latency-ms":
            guard let number = Int64(value), (0...600_000).contains(number) else {
                throw SandboxOptionError("\(name) must be 0 to 600000, not \(value)")
            }
            latencyMilliseconds = number
        default:
            guard let hours = TradingHours(word: value) else {
                throw SandboxOptionError("\(name) must be open, closed or exchange, not \(value)")
            }
            self.hours = hours
        }
    }

    private static func address(
        _ text: String,
        _ name: String
    ) throws(SandboxOptionError) -> (String, Int) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
        else { throw SandboxOptionError("\(name) must be host:port, not \(text)") }
        let host = text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        return (host.isEmpty ? "0.0.0.0" : String(host), port)
    }
}

/// An option or variable that cannot be used, in words for the operator.
package struct SandboxOptionError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension TradingHours {
    /// The word that options and the control face use.
    init?(word: String) {
        switch word {
        case "open": self = .alwaysOpen
        case "closed": self = .alwaysClosed
        case "exchange": self = .exchange
        default: return nil
        }
    }

    var word: String {
        switch self {
        case .alwaysOpen: "open"
        case .alwaysClosed: "closed"
        case .exchange: "exchange"
        }
    }
}
