/// `volley completion bash|zsh|fish`.
enum Completion {
    private static let commands = [
        "submit", "status", "results", "tasks", "cancel", "cancels", "exit", "exits", "orders",
        "drift", "brokers",
        "readiness", "approvals", "clients", "watchlist", "instruments", "portfolio",
        "transactions", "pnl",
        "deposit", "withdraw", "ledger", "preflight", "alerts", "halt", "resume",
        "halts", "limits", "repair", "undo", "basket", "demo",
        "completion", "help", "version", "migrate", "api", "worker", "scheduler", "relay", "admin",
        "audit", "conditional", "sessions", "users",
    ]
    private static let options = [
        "--json", "--watch", "--percent", "--quantity", "--amount", "--cap-percent", "--exact",
        "--clients", "--group", "--type", "--price", "--trigger", "--product", "--validity",
        "--exchange", "--key", "--status", "--limit", "--why", "--on-doubt", "--reason",
        "--broker-order-id", "--client", "--kind", "--result", "--trader", "--from", "--to",
        "--action", "--user", "--head", "--admin", "--account", "--links", "--requests",
        "--approved", "--set", "--show", "--confirm", "--file", "--year", "--segment", "--page",
        "--sequence", "--on-refusal",
        "--rises-to", "--falls-to", "--target", "--stop", "--trail", "--state",
        "--code", "--recovery-code", "--note", "--csv", "--execute", "--tolerance",
    ]

    static func run(_ arguments: inout Arguments, _ terminal: Terminal) throws -> Int32 {
        let shell = try arguments.word("bash, zsh or fish")
        try arguments.finish()
        switch shell {
        case "bash": terminal.line(bash)
        case "zsh": terminal.line("autoload -U +X bashcompinit && bashcompinit\n" + bash)
        case "fish": terminal.line(fish)
        default: throw UsageError("there is no completion for \(shell)")
        }
        return ExitStatus.done
    }

    private static var bash: String {
        """
        _volley() {
            local word="${COMP_WORDS[COMP_CWORD]}"
            if [ "$COMP_CWORD" -eq 1 ]; then
                COMPREPLY=($(compgen -W "\(commands.joined(separator: " "))" -- "$word"))
            elif [ "${COMP_WORDS[1]}" = clients ] && [ "$COMP_CWORD" -eq 2 ]; then
                COMPREPLY=($(compgen -W "list show import connect account login-link login-request login renew-session app logout archive" -- "$word"))
            elif [ "${COMP_WORDS[1]}" = orders ] && [ "$COMP_CWORD" -eq 2 ]; then
                COMPREPLY=($(compgen -W "place list show modify unknown decide" -- "$word"))
            elif [ "${COMP_WORDS[1]}" = audit ] && [ "$COMP_CWORD" -eq 2 ]; then
                COMPREPLY=($(compgen -W "list export verify head" -- "$word"))
            elif [ "${COMP_WORDS[1]}" = cancel ] && [ "$COMP_CWORD" -eq 2 ]; then
                COMPREPLY=($(compgen -W "task order client symbol everything" -- "$word"))
            elif [ "${COMP_WORDS[1]}" = sessions ] && [ "$COMP_CWORD" -eq 2 ]; then
                COMPREPLY=($(compgen -W "list revoke" -- "$word"))
            elif [ "${COMP_WORDS[1]}" = users ] && [ "$COMP_CWORD" -eq 2 ]; then
                COMPREPLY=($(compgen -W "list reset-second-factor" -- "$word"))
            elif [ "${COMP_WORDS[1]}" = exit ] && [ "$COMP_CWORD" -eq 2 ]; then
                COMPREPLY=($(compgen -W "client symbol trader" -- "$word"))
            elif [ "${COMP_WORDS[1]}" = submit ] && [ "$COMP_CWORD" -eq 3 ]; then
                COMPREPLY=($(compgen -W "buy sell" -- "$word"))
            else
                COMPREPLY=($(compgen -W "\(options.joined(separator: " "))" -- "$word"))
            fi
        }
        complete -F _volley volley
        """
    }

    private static var fish: String {
        let names = commands.joined(separator: " ")
        return
            (["complete -c volley -f -n __fish_use_subcommand -a '\(names)'"]
            + options.map { "complete -c volley -l \($0.dropFirst(2))" }).joined(separator: "\n")
    }
}
