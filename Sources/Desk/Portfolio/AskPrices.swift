import Trading

/// Asks for the prices of many instruments at once, for a few seconds at most.
///
/// What is not known by then is left out: a page is better late by little than complete by guessing.
struct AskPrices: Sendable {
    let quotes: any LiveQuotes
    let clock: any WallClock
    /// Brokers allow few calls a second, and what is learned is remembered: where time does not
    /// suffice for all, the next request asks for the rest.
    private static let atOnce = 4
    /// A price that is older than this is asked for anew, and not shown where that brings none.
    static let maximumAge = Duration.seconds(15)
    static let patience = Duration.seconds(4)

    private enum Step: Sendable {
        case answered(InstrumentID, Quote?)
        case timeUp
    }

    func callAsFunction(_ instruments: some Sequence<InstrumentID>, for trader: TraderID) async
        -> [InstrumentID: Quote]
    {
        var waiting = Set(instruments).sorted()[...]
        guard !waiting.isEmpty else { return [:] }
        return await withTaskGroup(of: Step.self) { group in
            group.addTask { [clock] in
                try? await clock.sleep(for: Self.patience)
                return .timeUp
            }
            var running = 0
            func askNext() {
                guard let id = waiting.popFirst() else { return }
                running += 1
                group.addTask { [quotes] in
                    let quote = await quotes.quote(id, for: trader, maximumAge: Self.maximumAge)
                    return .answered(id, quote)
                }
            }
            for _ in 0..<Self.atOnce { askNext() }
            var known: [InstrumentID: Quote] = [:]
            while running > 0, let step = await group.next() {
                guard case .answered(let id, let quote) = step else { break }
                known[id] = quote
                running -= 1
                askNext()
            }
            group.cancelAll()
            return known
        }
    }
}
