import Glibc
import JSON
import Synchronization

/// What the trader of a chaos run does beside plain trades.
extension ChaosUser {
    /// The order has ended, is halted, has a change under way, is too small to shrink or its client
    /// too poor; all of them usual.
    private static let changeRefusals = [
        "order_not_open", "modification_open", "invalid_fields", "insufficient_funds",
        "halted_all", "halted_trader", "halted_symbol", "halted_broker", "halted_client",
    ]
    /// As many clients as one errand's trade has at most.
    private static let part = 40

    /// Takes all steps of an errand.
    func carryOut(_ errand: ChaosErrand, number: Int) async throws {
        let key = "errand-\(number)"
        switch errand.kind {
        case .change: try await change(errand, key)
        case .slices: try await slice(errand, key)
        case .exitOfClient:
            let client = clients[errand.draw % clients.count]
            try await exit(["client", "\(client)"], key)
        case .exitOfSymbol: try await exit(["symbol", errand.soldSymbol], key)
        case .exitOfAll: try await exit(["trader"], key)
        case .halt: try await halt(errand, key)
        case .repair:
            let task = try await buy(errand, key)
            try await repair(task, errand, key)
        case .undo: try await undo(errand, key)
        case .basket: try await submitBasket(errand, key)
        }
    }

    /// Some of the clients, beginning anywhere.
    private func some(_ errand: ChaosErrand, atMost count: Int = part) -> [String] {
        let ids = (0..<min(count, clients.count)).map {
            clients[(errand.draw + $0) % clients.count]
        }
        return ["--clients", ids.map { "\($0)" }.joined(separator: ",")]
    }

    private func buy(_ errand: ChaosErrand, _ key: String, limit: String? = nil) async throws
        -> Int64
    {
        let words = [errand.share.symbol, "buy", "--percent", "\(errand.percent)"] + some(errand)
        return try await submit(words, limit: limit, key: key)
    }

    /// Each order is asked to change twice, also while its first change has not ended.
    private func change(_ errand: ChaosErrand, _ key: String) async throws {
        let task = try await buy(errand, key, limit: errand.share.restingPrice)
        let orders = try await openOrders(of: task)
        for round in 0..<2 {
            for (place, order) in orders.prefix(6).enumerated() {
                try await change(
                    order,
                    (place + round) % 4,
                    errand.share,
                    "\(key)-\(place)-\(round)"
                )
            }
            try await Task.sleep(for: errand.pause)
        }
        try await cancel(["task", "\(task)"], key: key)
    }

    private func change(
        _ order: (id: Int64, quantity: Int64),
        _ way: Int,
        _ share: ChaosShare,
        _ key: String
    ) async throws {
        let wish =
            switch way {
            case 0: ["--quantity", "\(order.quantity + 1)"]
            case 1: ["--price", share.lowerPrice]
            case 2: ["--quantity", "\(max(1, order.quantity - 1))", "--price", share.lowerPrice]
            default: ["--price", share.fillingPrice]
            }
        let words = ["orders", "modify", "\(order.id)"] + wish + ["--key", key]
        let refusals = ChaosUser.changeRefusals
        switch try await ask(words, unless: refusals) {
        case .refused(let code): kept.withLock { $0.refusedChanges[code, default: 0] += 1 }
        case .answered(let answer): _ = try keep(answer, "modification_id", in: \.changes)
        }
    }

    /// The orders of a trade that rest, once some do; none where all have ended.
    private func openOrders(of task: Int64) async throws -> [(id: Int64, quantity: Int64)] {
        for _ in 0..<120 {
            let isComplete = try await state(of: task) == "COMPLETE"
            let rows = try await insist(["results", "\(task)"]).array ?? []
            let open = rows.filter { ["ACCEPTED", "OPEN"].contains($0["state"]?.string) }
            if open.count >= 6 || isComplete {
                return open.compactMap { row in
                    row["order_id"]?.int64.map { ($0, row["quantity"]?.int64 ?? 0) }
                }
            }
            try await Task.sleep(for: .milliseconds(300))
        }
        return []
    }

    private func slice(_ errand: ChaosErrand, _ key: String) async throws {
        let words =
            [
                ChaosShare.Cheap.symbol, "buy", "--quantity", "\(ChaosShare.Cheap.quantity)",
                "--exact",
            ]
            + some(errand, atMost: 30)
        let limit = errand.isFirstWay ? ChaosShare.Cheap.restingPrice : nil
        let task = try await submit(words, limit: limit, key: key)
        guard errand.isFirstWay else { return }
        try await Task.sleep(for: errand.pause)
        // A cancel of one slice is one of all slices of that client.
        if let order = try await openOrders(of: task).first {
            try await cancel(["order", "\(order.id)"], key: key + "-one")
        }
        try await cancel(["task", "\(task)"], key: key)
    }

    private func exit(_ words: [String], _ key: String) async throws {
        let answer = try await insist(["exit"] + words + ["--key", key])
        _ = try keep(answer, "exit_id", in: \.exits)
    }

    /// What is traded meanwhile is held back, and placed by a repair afterwards.
    private func halt(_ errand: ChaosErrand, _ key: String) async throws {
        let subject =
            switch errand.scope {
            case .everything, .trader: ""
            case .symbol: errand.share.symbol
            case .broker: errand.broker
            case .client: "\(clients[errand.draw % clients.count])"
            }
        let words = [errand.scope.rawValue] + (subject.isEmpty ? [] : [subject])
        _ = try await insist(["halt"] + words + ["--why", "drill"])
        let from = Trades.now()
        let task = try await buy(errand, key)
        try await Task.sleep(for: errand.pause)
        // Until the halt has met it, unless the queue is down for long: all else waits meanwhile.
        for _ in 0..<8 {
            if try await state(of: task) == "COMPLETE" { break }
            try await Task.sleep(for: .milliseconds(300))
        }
        let until = Trades.now()
        _ = try await insist(["resume"] + words)
        kept.withLock {
            $0.halts.append(
                Halt(scope: errand.scope, subject: subject, from: from, until: until)
            )
        }
        try await repair(task, errand, key)
    }

    /// Twice, each time once it is known of every order whether it was placed.
    private func repair(_ task: Int64, _ errand: ChaosErrand, _ key: String) async throws {
        for round in 0..<2 {
            try await Task.sleep(for: errand.pause)
            try await complete(task)
            let words = ["repair", "\(task)", "--key", "\(key)-repair-\(round)"]
            guard case .answered(let answer) = try await ask(words, unless: ["nothing_to_repair"])
            else { return }
            _ = try keep(answer, "task_id", in: \.tasks)
        }
    }

    /// Confirms what it was shown, looks again where that has changed, and confirms once more.
    private func undo(_ errand: ChaosErrand, _ key: String) async throws {
        let task = try await buy(errand, key)
        try await Task.sleep(for: errand.pause)
        for _ in 0..<Self.rounds {
            let offer = try await insist(["undo", "\(task)"])
            _ = try keep(offer, "cancellation_id", in: \.cancels)
            if let mark = offer["preflight"]?.string, offer["state"]?.string == "READY" {
                let words = ["undo", "\(task)", "--confirm", mark]
                let changed = ["preflight_changed", "not_settled", "nothing_to_undo"]
                if case .answered(let answer) = try await ask(words, unless: changed) {
                    _ = try keep(answer, "task_id", in: \.tasks)
                    _ = try keep(try await insist(words), "task_id", in: \.tasks)
                    return
                }
            } else if offer["state"]?.string == "NOTHING_LEFT" {
                return
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw Unusable(description: "the undoing of task \(task) does not come to its end")
    }

    private func submitBasket(_ errand: ChaosErrand, _ key: String) async throws {
        let path = stack.place.freshOutput()
        defer { unlink(path) }
        guard let file = fopen(path, "w") else { throw Unusable(description: "no room for files") }
        fputs("symbol,side,percent\n\(errand.share.symbol),buy,\(errand.percent)\n", file)
        fputs("\(errand.soldSymbol),sell,\(errand.percent * 12)\n", file)
        fclose(file)
        let words = [
            "basket", "--file", path, "--sequence", errand.isFirstWay ? "sells_first" : "together",
            "--on-refusal", errand.draw.isMultiple(of: 2) ? "stop" : "go_on", "--key", key,
        ]
        let answer = try await insist(words + some(errand))
        _ = try keep(answer, "basket_id", in: \.baskets)
        for leg in answer["legs"]?.array ?? [] { _ = try keep(leg, "task_id", in: \.tasks) }
    }
}
