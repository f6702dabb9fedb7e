import Desk
import Trading

/// What the environment says of brokers, by their names: `VOLLEY_DHAN_URL` and so on.
extension SettingsReader {
    /// Every broker where nothing is live, since the sandbox has them all.
    ///
    /// In earnest those whose addresses are named.
    mutating func brokers(live: Bool) -> [BrokerName: BrokerPlace] {
        var places: [BrokerName: BrokerPlace] = [:]
        let returns = publicURL(live: live)
        for line in BrokerLine.all {
            places[line.name] = place(of: line, live: live, returns: returns)
        }
        if live, places.isEmpty {
            problem("VOLLEY_LIVE=yes needs the address of a broker, such as VOLLEY_DHAN_URL")
        }
        return places
    }

    private mutating func place(of line: BrokerLine, live: Bool, returns: String?) -> BrokerPlace? {
        let prefix = "VOLLEY_\(line.name.rawValue.uppercased())_"
        if live, environment[prefix + "URL"] ?? "" == "" { return nil }
        let api = brokerURL(
            prefix + "URL",
            default: (environment["VOLLEY_SANDBOX_URL"] ?? "http://127.0.0.1:9100")
                + line.sandboxPath,
            live: live
        )
        return BrokerPlace(
            api: api,
            orders: brokerURL(prefix + "ORDERS_URL", default: line.ordersURL(api), live: live),
            instruments: environment[prefix + "INSTRUMENTS_URL"] ?? line.instrumentsURL(api),
            stream: line.stream == nil
                ? nil : optionalStreamURL(prefix + "STREAM_URL", live: live),
            feed: line.feed == nil ? nil : optionalStreamURL(prefix + "FEED_URL", live: live),
            postbackSecret: secret(prefix + "POSTBACK_SECRET"),
            login: Self.withoutSlash(
                brokerURL(prefix + "LOGIN_URL", default: line.loginURL(api), live: live)
            ),
            app: LoginApp(
                key: secret(prefix + "APP_KEY"),
                secret: secret(prefix + "APP_SECRET"),
                returnURL: returns.map { $0 + "/broker-logins/\(line.name.rawValue)/callback" },
                noticeURL: returns.map { $0 + "/broker-logins/\(line.name.rawValue)/notify" },
                isPartner: choice(prefix + "APP_KIND", ["own", "partner"], default: "own")
                    == "partner"
            )
        )
    }

    /// Where people's browsers reach the API, without a slash at the end.
    private mutating func publicURL(live: Bool) -> String? {
        let name = "VOLLEY_PUBLIC_URL"
        guard let text = environment[name], !text.isEmpty else { return nil }
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            problem("\(name) must begin with http:// or https://")
            return nil
        }
        // What brokers send there is as good as a token for a minute.
        if live, !text.hasPrefix("https://") {
            problem("\(name) must be https:// where real orders are sent")
        }
        return Self.withoutSlash(text)
    }

    private static func withoutSlash(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// A secret text, or the content of the file that `…_FILE` names.
    private mutating func secret(_ name: String) -> Secret? {
        if let text = environment[name], !text.isEmpty { return Secret(text) }
        guard let path = environment[name + "_FILE"], !path.isEmpty else { return nil }
        guard let content = readFile(path) else {
            problem("\(name)_FILE names \(path), which cannot be read")
            return nil
        }
        return Secret(content.filter { !$0.isWhitespace })
    }
}
