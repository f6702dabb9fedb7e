import Desk
import Trading

/// What the environment says of brokers, by their names: `VOLLEY_DHAN_URL` and so on.
extension SettingsReader {
    /// Every broker where nothing is live, since the sandbox has them all.
    ///
    /// In earnest those whose addresses are named.
    mutating func brokers(live: Bool) -> [BrokerName: BrokerPlace] {
        var places: [BrokerName: BrokerPlace] = [:]
        for line in BrokerLine.all { places[line.name] = place(of: line, live: live) }
        if live, places.isEmpty {
            problem("VOLLEY_LIVE=yes needs the address of a broker, such as VOLLEY_DHAN_URL")
        }
        return places
    }

    private mutating func place(of line: BrokerLine, live: Bool) -> BrokerPlace? {
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
            postbackSecret: secret(prefix + "POSTBACK_SECRET")
        )
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
