import Commands
import Glibc
import Wiring

/// One binary, one role a process; whatever is no role is an operator's command.
enum Volley {
    static func run(_ arguments: [String], _ environment: [String: String]) async -> Int32 {
        let roles = [
            "api", "worker", "scheduler", "relay", "migrate", "admin", "queues", "dead-letters",
        ]
        if arguments.first == "version" { return VersionCommand.run(Array(arguments.dropFirst())) }
        guard let role = arguments.first,
            roles.contains(role) || role == "audit" && isForDatabase(arguments)
        else {
            return await CommandRunner(environment: environment).run(arguments)
        }
        do {
            let settings = try Settings(environment: environment, readFile: readFile)
            switch role {
            case "api": try await API(settings).run()
            case "worker": try await Worker(settings).run()
            case "scheduler": try await Scheduler(settings).run()
            case "relay": try await Relay(settings).run()
            case "migrate": try await Migrate(settings).run()
            case "queues", "dead-letters":
                return try await QueueCommands(settings).run(role, Array(arguments.dropFirst()))
            case "audit": return try await AuditCommands(settings).run(Array(arguments.dropFirst()))
            default: return try await admin(Array(arguments.dropFirst()), settings)
            }
            return 0
        } catch let usage as QueueCommands.Usage {
            complain("volley \(role): \(usage)")
            return 2
        } catch let refusal as AuditTasks.Refusal {
            complain("volley \(role): \(refusal)")
            return 2
        } catch let problems as Settings.Problems {
            complain("volley \(role): \(problems)")
            return 2
        } catch {
            complain("volley \(role): \(error)")
            return 1
        }
    }

    /// Whether an `audit` command looks into the database; the others ask the API.
    private static func isForDatabase(_ arguments: [String]) -> Bool {
        arguments.dropFirst().first.map { AuditCommands.words.contains($0) } ?? false
    }

    private static func admin(_ arguments: [String], _ settings: Settings) async throws -> Int32 {
        let tasks = try AdminTasks(settings)
        let outcome: AdminTasks.Outcome
        switch arguments.first {
        case "create-user":
            let options = options(arguments.dropFirst())
            guard let email = options["--email"], let role = options["--role"],
                let password = readLine(strippingNewline: true)
            else {
                complain(
                    "usage: volley admin create-user --email E --role admin|trader [--name N] "
                        + "--password-stdin  (the password is read from standard input)"
                )
                return 2
            }
            outcome = try await tasks.createUser(
                email: email,
                name: options["--name"] ?? email,
                role: role,
                password: password
            )
        case "load-instruments":
            outcome = try await tasks.loadInstruments(
                acceptingShort: arguments.contains("--accept-short")
            )
        case "check-ledger": outcome = try await tasks.checkLedger()
        case "rotate-secrets": outcome = try await tasks.rotateSecrets()
        default:
            complain(
                "usage: volley admin create-user | load-instruments [--accept-short] | check-ledger"
                    + " | rotate-secrets"
            )
            return 2
        }
        switch outcome {
        case .done(let sentence):
            print(sentence)
            return 0
        case .refused(let sentence):
            complain(sentence)
            return 3
        }
    }

    /// Options with a value; those that stand alone are passed over.
    private static func options(_ arguments: ArraySlice<String>) -> [String: String] {
        var options: [String: String] = [:]
        var rest = arguments
        while let name = rest.popFirst() {
            if name != "--password-stdin", let value = rest.popFirst() { options[name] = value }
        }
        return options
    }

    private static func readFile(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    private static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }
}
