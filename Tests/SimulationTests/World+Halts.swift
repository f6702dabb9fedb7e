import Desk
import DeskTesting
import Synchronization
import Trading

extension World {
    /// Sets a halt and lifts it again later.
    func halt(_ choice: Int64, _ length: Int64) {
        guard !isOver, kernel.age < plot.calmAt else { return }
        let number = Int(choice)
        let scope: Halts.Scope =
            switch number % 5 {
            case 0: .everything
            case 1: .broker(.dhan)
            case 2: .symbol(instruments[number / 5 % instruments.count].id)
            case 3: .trader(trader)
            default: .client(clients[number / 5 % clients.count])
            }
        set(scope, on: true)
        kernel.after(length) { [self] in set(scope, on: false) }
    }

    /// A halt may come just while something is claimed or on its way to the broker.
    func mayHalt(within longest: Int64? = nil) {
        guard kernel.happens(.halted), state.withLock({ $0.takeHalt() }) else { return }
        let delay = kernel.below(longest ?? Microseconds.millisecond << kernel.below(14))
        let (choice, length) = (kernel.below(1_000), kernel.below(4 * Microseconds.second))
        kernel.after(delay) { [self] in halt(choice, length) }
    }

    private func set(_ scope: Halts.Scope, on isOn: Bool) {
        server.perform { [self] in
            try? await tables.setHalt(scope, on: isOn, why: "", by: Actor(user: UserID(1)))
            halts.note(scope, isOn: isOn, at: kernel.now)
            kernel.tell(isOn ? "halts \(scope)" : "lifts the halt of \(scope)")
        }
    }
}

extension World.State {
    fileprivate mutating func takeHalt() -> Bool {
        haltsLeft -= 1
        return haltsLeft >= 0
    }
}

/// Which halts were in force when.
final class HaltLog: Sendable {
    private struct Span {
        let scope: Halts.Scope
        let from: Int64
        var to: Int64?
    }
    private let spans = Mutex<[Span]>([])

    /// A halt was committed, or lifted.
    func note(_ scope: Halts.Scope, isOn: Bool, at moment: Int64) {
        spans.withLock { spans in
            let open = spans.firstIndex { $0.scope == scope && $0.to == nil }
            if isOn, open == nil {
                spans.append(Span(scope: scope, from: moment))
            } else if !isOn, let open {
                spans[open].to = moment
            }
        }
    }

    /// For how long a halt that covers the order had been in force at a moment; nil: none was.
    func age(of order: HaltSubject, at moment: Int64) -> Int64? {
        spans.withLock { spans in
            spans.filter { span in
                span.scope.covers(order) && span.from <= moment
                    && span.to.map { moment < $0 } != false
            }.map { moment - $0.from }.max()
        }
    }
}

extension Halts.Scope {
    fileprivate func covers(_ order: HaltSubject) -> Bool {
        switch self {
        case .everything: true
        case .broker(let name): name == order.broker
        case .symbol(let id): id == order.instrument
        case .trader(let id): id == order.trader
        case .client(let id): id == order.client
        }
    }
}
