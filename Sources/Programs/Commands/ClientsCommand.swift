import Glibc
import JSON

/// `volley clients list|show|import|connect|account|login-link|login-request|login|renew-session|app|logout|archive`.
struct ClientsCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let words =
            "list, show, import, connect, account, login-link, login-request, login, renew-session, "
            + "app, logout or archive"
        switch try arguments.word(words) {
        case "list": return try await list(&arguments, door)
        case "show": return try await show(&arguments, door)
        case "import": return try await importFile(&arguments, door)
        case "connect": return try await connect(&arguments, door)
        case "account": return try await AccountCommand(terminal).run(&arguments, door)
        case "login-link": return try await LoginCommand(terminal).link(&arguments, door)
        case "login": return try await LoginCommand(terminal).logIn(&arguments, door)
        case "renew-session": return try await LoginCommand(terminal).renew(&arguments, door)
        case "login-request": return try await LoginCommand(terminal).request(&arguments, door)
        case "app": return try await LoginCommand(terminal).app(&arguments, door)
        case "logout": return try await LoginCommand(terminal).logOut(&arguments, door)
        case "archive":
            let id = try arguments.word("the client's id")
            try arguments.finish()
            _ = try await door.open().send("DELETE", "/api/v1/clients/\(id)", .null)
            return ExitStatus.done
        case let word: throw UsageError("clients has no \(word)")
        }
    }

    private func list(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        var query = "?limit=\(arguments.take("limit") ?? "100")"
        for option in ["status", "group", "search", "after"] {
            if let value = arguments.take(option) { query += "&\(option)=\(Self.escaped(value))" }
        }
        try arguments.finish()
        let page = try await door.open().get("/api/v1/clients" + query)
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(
            ["id", "code", "name", "status", "available", "held", "invested", "broker"],
            numeric: [0, 4, 5, 6]
        )
        for client in page["clients"]?.array ?? [] {
            let text: (String) -> String = { client[$0]?.string ?? "" }
            let funds: (String) -> String = { client["funds"]?[$0]?.string ?? "" }
            let brokers = client["broker_accounts"]?.array?.compactMap { $0["broker"]?.string }
            table.add([
                "\(client["id"]?.int64 ?? 0)", text("code"), text("name"), text("status"),
                funds("available"), funds("held"), funds("invested"),
                (brokers ?? []).joined(separator: ","),
            ])
        }
        terminal.line(table.text)
        if let next = page["next"]?.int64 { terminal.line("more: --after \(next)") }
        return ExitStatus.done
    }

    private func show(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let id = try arguments.word("the client's id")
        try arguments.finish()
        let client = try await door.open().get("/api/v1/clients/\(id)")
        terminal.line(String(decoding: client.serialized(), as: UTF8.self))
        return ExitStatus.done
    }

    /// Gives a client's broker account a token, which is read from standard input: what stands in a
    /// command line can be read by others.
    private func connect(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let id = try arguments.word("the client's id")
        guard let broker = arguments.take("broker"), let account = arguments.take("account") else {
            throw UsageError("give --broker and --account, the client's number there")
        }
        var body = JSONObject()
        _ = body.append("broker", .string(broker))
        _ = body.append("broker_client_id", .string(account))
        if let ends = arguments.take("ends") { _ = body.append("session_ends", .string(ends)) }
        if let egress = arguments.take("egress") { _ = body.append("egress", .string(egress)) }
        try arguments.finish()
        guard let token = readLine(strippingNewline: true), !token.isEmpty else {
            throw UsageError("the access token is read from standard input, one line")
        }
        _ = body.append("access_token", .string(token))
        let made = try await door.open().send(
            "PUT",
            "/api/v1/clients/\(id)/broker-accounts",
            .object(body)
        )
        terminal.line(
            terminal.isJSON
                ? String(decoding: made.serialized(), as: UTF8.self)
                : "account \(account) at \(broker) is connected; whether it is good, `volley"
                    + " readiness` tells in a moment"
        )
        return ExitStatus.done
    }

    private func importFile(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let path = try arguments.word("the CSV file")
        let query = arguments.has("all-or-nothing") ? "?all_or_nothing=true" : ""
        try arguments.finish()
        guard let bytes = Self.read(path) else { throw UsageError("cannot read \(path)") }
        let report = try await door.open().sendCSV("/api/v1/clients/import" + query, bytes)
        guard !terminal.isJSON else {
            terminal.line(String(decoding: report.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        let errors = report["errors"]?.array ?? []
        terminal.line("\(report["imported"]?.int64 ?? 0) clients imported")
        for error in errors.prefix(50) {
            terminal.line("line \(error["line"]?.int64 ?? 0): \(error["detail"]?.string ?? "")")
        }
        return errors.isEmpty ? ExitStatus.done : ExitStatus.someFailed
    }

    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return ferror(file) == 0 ? bytes : nil
    }

    static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
    }
}
