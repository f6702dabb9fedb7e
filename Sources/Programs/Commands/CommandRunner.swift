import HTTPClient
import JSON
import Telemetry

/// The operator's commands: everything that talks to the API over HTTP.
package struct CommandRunner: Sendable {
    private let environment: [String: String]

    package init(environment: [String: String]) { self.environment = environment }

    /// Runs one command.
    ///
    /// - Returns: the exit status: 0 done, 1 some orders failed, 2 usage, 3 refused, 4 unavailable.
    package func run(_ arguments: [String]) async -> Int32 {
        let terminal = Terminal(isJSON: arguments.contains("--json"))
        do {
            var parsed = try Arguments(arguments)
            if parsed.has("help") || parsed.words.isEmpty || parsed.words[0] == "help" {
                terminal.line(HelpText.all)
                return ExitStatus.done
            }
            let name = try parsed.word("a command")
            let http = HTTPClient(HTTPClientConfiguration(), logger: .silent, metrics: nil)
            defer { terminal.endProgress() }
            do {
                let status = try await dispatch(name, &parsed, terminal, http)
                await http.close()
                return status
            } catch {
                await http.close()
                throw error
            }
        } catch let usage as UsageError {
            terminal.error("volley: \(usage.sentence)\nTry `volley help`.")
            return ExitStatus.usage
        } catch APIClient.Failure.refused(let status, let code, let detail, let body) {
            if terminal.isJSON, let body {
                terminal.line(String(decoding: body.serialized(), as: UTF8.self))
            }
            terminal.error("volley: \(detail) (\(code), HTTP \(status))")
            for problem in body?["errors"]?.array ?? [] {
                let field = problem["field"]?.string ?? ""
                terminal.error("  \(field): \(problem["detail"]?.string ?? "")")
            }
            return status >= 500 ? ExitStatus.unavailable : ExitStatus.refused
        } catch APIClient.Failure.unreachable(let reason) {
            terminal.error("volley: the API does not answer: \(reason)")
            return ExitStatus.unavailable
        } catch {
            terminal.error("volley: \(error)")
            return ExitStatus.unavailable
        }
    }

    private func dispatch(
        _ name: String,
        _ arguments: inout Arguments,
        _ terminal: Terminal,
        _ http: HTTPClient
    ) async throws -> Int32 {
        if name == "completion" { return try Completion.run(&arguments, terminal) }
        let door = LoginDoor(environment: environment, http: http)
        switch name {
        case "submit": return try await SubmitCommand(terminal).run(&arguments, door)
        case "preflight": return try await PreflightCommand(terminal).run(&arguments, door)
        case "status": return try await StatusCommand(terminal).run(&arguments, door)
        case "results": return try await ResultsCommand(terminal).run(&arguments, door)
        case "tasks": return try await TasksCommand(terminal).run(&arguments, door)
        case "cancel": return try await CancelCommand(terminal).run(&arguments, door)
        case "cancels": return try await CancelsCommand(terminal).run(&arguments, door)
        case "exit": return try await ExitCommand(terminal).run(&arguments, door)
        case "exits": return try await ExitCommand(terminal).list(&arguments, door)
        case "conditional": return try await ConditionalCommand(terminal).run(&arguments, door)
        case "approvals": return try await ApprovalsCommand(terminal).run(&arguments, door)
        case "orders": return try await OrdersCommand(terminal).run(&arguments, door)
        case "brokers", "readiness":
            return try await BrokersCommand(terminal).run(name, &arguments, door)
        case "drift": return try await DriftCommand(terminal).run(&arguments, door)
        case "audit": return try await AuditCommand(terminal).run(&arguments, door)
        case "portfolio": return try await PortfolioCommand(terminal).run(&arguments, door)
        case "transactions": return try await TransactionsCommand(terminal).run(&arguments, door)
        case "deposit", "withdraw":
            return try await CashCommand(terminal).run(name, &arguments, door)
        case "alerts": return try await AlertsCommand(terminal).run(&arguments, door)
        case "ledger": return try await LedgerCommand(terminal).run(&arguments, door)
        case "pnl": return try await ProfitCommand(terminal).run(&arguments, door)
        case "clients": return try await ClientsCommand(terminal).run(&arguments, door)
        case "watchlist": return try await WatchlistCommand(terminal).run(&arguments, door)
        case "instruments":
            return try await WatchlistCommand(terminal).instruments(&arguments, door)
        case "halt", "resume", "halts":
            return try await HaltCommand(terminal).run(name, &arguments, door)
        case "repair": return try await RepairCommand(terminal).run(&arguments, door)
        case "undo": return try await UndoCommand(terminal).run(&arguments, door)
        case "basket": return try await BasketCommand(terminal).run(&arguments, door)
        case "sessions": return try await SessionsCommand(terminal).run(&arguments, door)
        case "users": return try await UsersCommand(terminal).run(&arguments, door)
        case "limits": return try await LimitsCommand(terminal).run(&arguments, door)
        case "demo": return try await DemoCommand(terminal, environment, http).run(&arguments, door)
        default: throw UsageError("there is no command \(name)")
        }
    }
}
