import Trading

/// In what time a conditional order has fired, and what of that time its broker's books show.
struct FiredSpan {
    /// Days before today on which it may have fired, whose trades the broker can still tell.
    let pastDays: ClosedRange<CalendarDay>?
    let scope: FiredSearch.Scope
    /// How long until what fired must be shown; nil where it is, or never will be.
    let untilShown: Duration?

    init(of record: ConditionalRecord, at broker: any Broker & ConditionalOrders, now: Timestamp) {
        let today = CalendarDay(containing: now)
        // Named ones are looked for however old they are; others where they can be told apart.
        let first =
            record.firedAt.map { CalendarDay(containing: $0) }
            ?? CalendarDay(containing: record.seenAt ?? record.startedAt ?? record.createdAt)
        let isEarlier = record.state == .triggered && first < today
        let canTellThePast =
            broker.services.tradeHistory != nil && broker.traits.historyNamesOrders
        if isEarlier, canTellThePast {
            let from = max(first, today.advanced(by: -PastOrders.mostDays))
            pastDays = from...today.advanced(by: -1)
        } else {
            pastDays = nil
        }
        let lag = broker.conditionalTraits.visibilityLag
        let shown = record.updatedAt.advanced(by: lag)
        guard shown <= now else {
            scope = .part
            untilShown = now.duration(to: shown)
            return
        }
        untilShown = nil
        guard isEarlier else {
            scope = .whole
            return
        }
        // Of past days only what filled is told: whether it did, its list must have said.
        let isAllRead = pastDays?.lowerBound == first
        scope = isAllRead && record.hasFilled ? .whole : .part
    }
}
