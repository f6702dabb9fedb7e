import Glibc

/// What a chaos run has shown, as a table and as an exit status.
struct ChaosVerdict: Sendable {
    let figures: OrderFigures
    let errands: ErrandFigures
    /// What the APIs have answered that they have accepted.
    let accepted: ChaosUser.Accepted
    let faults: [ChaosPlan.Kind: Int]
    let brokerFaults: [(kind: String, times: Int64)]
    /// What `volley demo verify --all` said.
    let books: (status: CInt, text: String)
    /// What `volley admin check-ledger` said.
    let ledger: (status: CInt, text: String)
    /// Messages that are left in the queues, by name.
    let queues: [(name: String, messages: Int64)]
    /// Processes that ended though nobody killed them.
    let deaths: [String]

    /// Whether every invariant holds.
    var isGood: Bool { problems.isEmpty }

    private var problems: [String] {
        var problems: [String] = []
        if figures.doubles > 0 { problems.append("\(figures.doubles) orders were placed twice") }
        if figures.lost > 0 {
            let some = figures.lostOrders.prefix(10).joined(separator: "\n")
            problems.append("\(figures.lost) booked orders are not known:\n\(some)")
        }
        if figures.stuck > 0 {
            problems.append("\(figures.stuck) orders or messages are stuck")
            problems += figures.waiting.prefix(20)
        }
        for (what, accepted, stored) in [
            ("trades", accepted.tasks, figures.trades),
            ("cancels", accepted.cancels, figures.cancels),
            ("changes", accepted.changes, errands.changes),
            ("exits", accepted.exits, errands.exits),
            ("baskets", accepted.baskets, errands.baskets),
        ] where Int64(accepted.count) != stored {
            problems.append("\(accepted.count) \(what) were accepted, and \(stored) are stored")
        }
        if !errands.problems.isEmpty {
            problems.append("\(errands.problems.count) things are not as they must be:")
            problems += errands.problems.prefix(20)
        }
        if figures.leftOpen > 0 {
            problems.append("\(figures.leftOpen) orders were wished cancelled and are open")
        }
        if figures.sentAfterCancel > 0 {
            problems.append("\(figures.sentAfterCancel) orders were sent after they were cancelled")
        }
        if books.status != 0 { problems.append("the books differ:\n" + books.text) }
        if ledger.status != 0 { problems.append("the ledger is broken:\n" + ledger.text) }
        for (name, messages) in queues where messages > 0 {
            problems.append("\(messages) messages are left in \(name)")
        }
        for name in deaths { problems.append("\(name) ended by itself") }
        return problems
    }

    /// The tables, and what is wrong.
    var lines: [String] {
        let kinds = ChaosPlan.Kind.allCases.map { ($0.rawValue, Int64(faults[$0] ?? 0)) }
        let broker = brokerFaults.map { ("broker: " + $0.kind, $0.times) }
        let rows: [(String, Int64)] = [
            ("bulk trades", figures.trades), ("orders", figures.orders),
            ("booked at the broker", figures.booked), ("doubts", figures.doubts),
            ("adopted", figures.adopted), ("proven absent", figures.absent),
            ("sent again", figures.resent), ("cancels", figures.cancels),
            ("withdrawn", figures.withdrawn),
            ("cancelled at the broker", figures.cancelled),
            ("filled before the cancel", figures.filledBefore),
            ("cancelled and left open", figures.leftOpen),
            ("sent after the cancel", figures.sentAfterCancel),
            ("changes of orders", errands.changes), ("changes applied", errands.applied),
            ("changes that did not come", errands.unchanged),
            ("changes withdrawn", errands.withdrawnChanges),
            ("slices sent", errands.slices), ("exits", errands.exits),
            ("orders filled for exits", errands.sold),
            ("halts", Int64(accepted.halts.count)), ("kept back by halts", errands.halted),
            ("orders repaired", errands.repaired), ("orders filled to undo", errands.undone),
            ("baskets", errands.baskets),
            ("doubles", figures.doubles), ("lost", figures.lost), ("stuck", figures.stuck),
        ]
        let refused = accepted.refusedChanges.sorted { $0.key < $1.key }
            .map { ("change refused: " + $0.key, $0.value) }
        return (kinds + broker + [("", -1)] + rows + refused).map { Self.line($0.0, $0.1) }
            + problems.map { "FAILED: " + $0 }
    }

    private static func line(_ name: String, _ count: Int64) -> String {
        guard count >= 0 else { return "" }
        let number = "\(count)"
        return name.padded(to: 34) + String(repeating: " ", count: max(1, 8 - number.count))
            + number
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
