package import Desk
package import Trading

extension MemoryStore {
    package func doubts(_ intents: [IntentID]) async throws(StoreFailure) -> [Doubt] {
        let now = clock.now()
        return try transact("doubts") { state in
            for id in intents {
                state.change(id) { _, row in
                    guard row.state == .sending, let end = row.leaseEnds, end <= now else { return }
                    // Whoever still sends comes too late to write.
                    row.fence += 1
                    row.apply(.unanswered)
                    row.reason = .outcomeUnknown
                }
            }
            return intents.compactMap { state.doubt($0) }
        }
    }

    package func resolve(_ findings: [DoubtFinding]) async throws(StoreFailure) {
        let now = clock.now()
        try transact("resolve") { state in
            for finding in findings {
                state.change(finding.doubt.job.intent) { state, row in
                    guard row.state == .unknown, row.reference == finding.doubt.reference else {
                        return
                    }
                    row.looks += 1
                    switch finding.result {
                    case .found(let report):
                        row.reason = nil
                        row.dueAt = now
                        state.book(report, [], on: &row, now: now)
                    case .absentProven(let thenRetry):
                        row.apply(thenRetry ? .retryAllowed : .provenNotPlaced)
                        row.reason = thenRetry ? nil : .provenNotPlaced
                        state.release(&row)
                    case .stillUnknown(let delay):
                        row.dueAt = now.advanced(by: delay)
                    }
                }
            }
        }
    }
}

extension MemoryState {
    fileprivate func doubt(_ id: IntentID) -> Doubt? {
        guard let row = intents[id], row.state == .unknown, let sentAt = row.sentAt,
            let terms = trades[row.task]?.trade.terms,
            let session = session(of: row.account, for: terms.instrument.id)
        else { return nil }
        return Doubt(
            job: row.job,
            attempt: row.attempts,
            reference: row.reference,
            sentAt: sentAt,
            brokerWords: row.brokerWords,
            looks: row.looks,
            terms: terms,
            quantity: row.quantity,
            sizingPrice: row.sizingPrice ?? Price(raw: 1),
            session: session
        )
    }
}
