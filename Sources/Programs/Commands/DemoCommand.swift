import HTTPClient
import JSON

/// `volley demo load|verify`: clients to try Volley with, and the proof that the trade went right.
struct DemoCommand {
    private let terminal: Terminal
    private let environment: [String: String]
    private let http: HTTPClient

    init(_ terminal: Terminal, _ environment: [String: String], _ http: HTTPClient) {
        self.terminal = terminal
        self.environment = environment
        self.http = http
    }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        switch try arguments.word("load or verify") {
        case "load":
            let count = try number(arguments.take("clients"), default: 1_000, "--clients")
            let brokers = arguments.take("brokers")?.split(separator: ",").map(String.init)
            let sandbox = try sandbox(&arguments)
            try arguments.finish()
            let api = try await door.open()
            let taking = if let brokers { brokers } else { try await Self.everyBroker(api) }
            let clients = (1...count).map { DemoClient(number: $0, brokers: taking) }
            return try await load(clients, taking, api, sandbox)
        case "verify":
            let patience = try number(arguments.take("patience"), default: 90, "--patience")
            let task = try arguments.take("task").map { try number($0, default: 0, "--task") }
            let sandbox = try sandbox(&arguments)
            try arguments.finish()
            let api = try await door.open()
            if arguments.has("all") {
                return try await BooksVerification(terminal, api, sandbox, patience: patience).run()
            }
            return try await DemoVerification(terminal, api, sandbox, patience: patience)
                .run(task: task)
        case let word: throw UsageError("demo has no \(word)")
        }
    }

    /// All that the API can send to, but paper.
    private static func everyBroker(_ api: APIClient) async throws -> [String] {
        let brokers = try await api.get("/api/v1/brokers")["brokers"]?.array ?? []
        return brokers.compactMap { $0["broker"]?.string }.filter { $0 != "paper" }
    }

    private func sandbox(_ arguments: inout Arguments) throws(UsageError) -> APIClient {
        guard let url = arguments.take("sandbox") ?? environment["VOLLEY_SANDBOX_URL"] else {
            throw UsageError("give --sandbox URL, or set VOLLEY_SANDBOX_URL")
        }
        return APIClient(base: url, http: http, credential: nil)
    }

    private func number(_ text: String?, default fallback: Int, _ option: String)
        throws(UsageError) -> Int
    {
        guard let text else { return fallback }
        guard let number = Int(text), (1...1_000_000).contains(number) else {
            throw UsageError("\(option) must be a number above 0")
        }
        return number
    }

    private func load(
        _ clients: [DemoClient],
        _ brokers: [String],
        _ api: APIClient,
        _ sandbox: APIClient
    ) async throws -> Int32 {
        let count = clients.count
        let withBroker = clients.filter(\.hasBroker)
        if let url = environment["VOLLEY_PUBLIC_URL"], !url.isEmpty {
            try await sendLogins(of: brokers, to: url, sandbox)
        }
        for start in stride(from: 0, to: withBroker.count, by: 1_000) {
            let batch = withBroker[start..<min(start + 1_000, withBroker.count)]
            let accounts = batch.map {
                $0.sandboxAccount(postbacks: environment["VOLLEY_POSTBACK_URL"])
            }
            _ = try await sandbox.send(
                "POST",
                "/control/accounts",
                ["accounts": .array(accounts)]
            )
            terminal.progress(
                "accounts in the sandbox "
                    + ProgressBar.text(Int64(start + batch.count), of: Int64(withBroker.count))
            )
        }
        terminal.endProgress()
        var imported: Int64 = 0
        for start in stride(from: 0, to: clients.count, by: 10_000) {
            let batch = clients[start..<min(start + 10_000, clients.count)]
            let csv = ([DemoClient.header] + batch.map(\.line)).joined(separator: "\n")
            let report = try await api.sendCSV("/api/v1/clients/import", Array(csv.utf8))
            imported += report["imported"]?.int64 ?? 0
            terminal.progress(
                "clients " + ProgressBar.text(Int64(start + batch.count), of: Int64(count))
            )
        }
        terminal.endProgress()
        terminal.line("\(imported) clients loaded, \(Int64(count) - imported) were there already")
        return ExitStatus.done
    }

    /// Lets the simulated login pages lead back to the API, as the brokers' consoles do.
    private func sendLogins(of brokers: [String], to url: String, _ sandbox: APIClient)
        async throws
    {
        let apps = brokers.map { face -> JSONValue in
            let target = url + "/broker-logins/" + face + "/callback"
            return ["face": .string(face), "redirect_url": .string(target)]
        }
        _ = try await sandbox.send("POST", "/control/apps", ["apps": .array(apps)])
    }
}

/// One demo client: 95 % active, 3 % inactive, 2 % pending; every tenth has no broker, and the
/// others are with the simulated brokers in turn.
struct DemoClient {
    let number: Int
    private let brokers: [String]

    /// The client of this number; these brokers take part.
    init(number: Int, brokers: [String]) {
        self.number = number
        self.brokers = brokers
    }

    static let header = "code,name,email,status,capital,broker,broker_client_id,access_token"

    /// Within each hundred the last five take no part.
    var status: String {
        switch number % 100 {
        case 95, 96, 97: "inactive"
        case 98, 99: "pending"
        default: "active"
        }
    }
    var hasBroker: Bool { number % 10 != 0 && !brokers.isEmpty }
    private var broker: String { brokers[number % brokers.count] }
    private var brokerClientID: String { String(1_100_000_000 + number) }
    /// A token of the sandbox only, the same on every run.
    private var token: String {
        // At Zerodha a session is the app's key and the token.
        (broker == "zerodha" ? "demo:" : "") + "demo-token-\(number)"
    }
    /// ₹ 50,000 to ₹ 10,45,000 in steps of ₹ 5,000.
    private var capital: Int { 50_000 + number * 7 % 200 * 5_000 }

    var line: String {
        let broker = hasBroker ? "\(broker),\(brokerClientID),\(token)" : ",,"
        return "DEMO\(number),Demo Client \(number),demo\(number)@example.com,\(status),\(capital),"
            + broker
    }

    /// `postbacks`: below which address each broker's postbacks are taken.
    func sandboxAccount(postbacks: String?) -> JSONValue {
        var account: [(String, JSONValue)] = [
            ("face", .string(broker)), ("client_id", .string(brokerClientID)),
            ("token", .string(token)),
        ]
        if let postbacks {
            account.append(("postback_url", .string(postbacks + "/" + broker)))
        }
        var object = JSONObject()
        for (key, value) in account { _ = object.append(key, value) }
        return .object(object)
    }
}
