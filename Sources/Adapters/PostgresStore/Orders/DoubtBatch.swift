import Desk
import JSON
import Postgres
import Secrets
import Trading

/// Finds which intents are in doubt, and writes what the look-ups found.
struct DoubtBatch {
    /// A doubt whose token is still encrypted.
    struct Sealed: Sendable {
        let job: OrderJob
        let attempt: Int16
        let reference: String
        let sentAt: Timestamp
        let brokerWords: String?
        let looks: Int
        let absences: Int
        let isClaimed: Bool
        let quantity: Quantity
        let sizingPrice: Price
        let terms: OrderTerms
        let door: SealedSession

        func opened(with secrets: SecretBox) -> Doubt? {
            guard let session = door.opened(with: secrets) else { return nil }
            return Doubt(
                job: job,
                attempt: attempt,
                reference: reference,
                sentAt: sentAt,
                brokerWords: brokerWords,
                looks: looks,
                absences: absences,
                isClaimed: isClaimed,
                terms: terms,
                quantity: quantity,
                sizingPrice: sizingPrice,
                session: session
            )
        }
    }

    var orders: OrderBatch
    private var looks: [Look] = []

    private struct Look {
        let intent: IntentID
        let attempt: Int16
        let isAbsence: Bool
        let answer: String
    }

    init(orders: OrderBatch) { self.orders = orders }

    /// The doubt that the intent is in; nil where it is in none, or its worker may still answer.
    mutating func doubt(in context: BookContext) throws -> Sealed? {
        guard var intent = orders.intents[context.intent],
            var attempt = orders.attempts[intent.id]
        else { return nil }
        switch intent.state {
        case .unknown: break
        case .sending where attempt.leaseIsOver:
            try abandon(&intent, &attempt)
        case .sending:
            intent.lookIn = attempt.readAt.duration(to: attempt.leaseUntil) + .seconds(1)
            orders.put(intent)
            return nil
        case .ready, .accepted, .open, .partlyFilled, .filled, .cancelRequested, .cancelled,
            .rejected, .expired, .skipped:
            return nil
        }
        guard let sizingPrice = intent.sizingPrice else { return nil }
        return Sealed(
            job: intent.job,
            attempt: attempt.number,
            reference: attempt.reference,
            sentAt: context.unknownSince ?? attempt.leaseUntil,
            brokerWords: attempt.brokerWords,
            looks: attempt.looks,
            absences: context.absences,
            isClaimed: context.isClaimed,
            quantity: intent.quantity,
            sizingPrice: sizingPrice,
            terms: context.terms,
            door: context.door
        )
    }

    /// The worker's time is over; with the fence raised its late answer is dropped.
    private mutating func abandon(_ intent: inout IntentRow, _ attempt: inout AttemptRow) throws {
        try intent.apply(.unanswered)
        attempt.state = .unknown
        attempt.fence += 1
        attempt.outcome = "no answer was recorded before the lease ended"
        intent.reason = .outcomeUnknown
        intent.lookIn = .seconds(2)
        orders.put(attempt)
        orders.put(intent)
        orders.audit("ORDER_UNKNOWN", intent, attempt.detail("ORDER_UNKNOWN", intent, nil))
    }

    /// Writes one finding, unless somebody has resolved the doubt meanwhile.
    mutating func resolve(_ finding: DoubtFinding) throws {
        guard var intent = orders.intents[finding.doubt.job.intent], intent.state == .unknown,
            var attempt = orders.attempts[intent.id], attempt.number == finding.doubt.attempt,
            attempt.state == .unknown
        else { return }
        note(finding, attempt)
        switch finding.result {
        case .found(let report):
            try intent.apply(.accepted)
            orders.adopt(&intent, &attempt, report.brokerOrderID)
            intent.lookIn = .zero
        case .absentProven(let next):
            try bury(&intent, &attempt, next, finding.answer)
        case .stillUnknown(let delay):
            intent.lookIn = delay
            let line = "ORDER_STILL_UNKNOWN: \(intent.orderText), look \(attempt.looks + 1)"
            let detail = AuditText.object(line) { detail in
                detail.field("answer", AuditText.foreign(finding.answer))
            }
            orders.audit("ORDER_STILL_UNKNOWN", intent, detail)
        }
        orders.put(attempt)
        orders.put(intent)
    }

    private mutating func note(_ finding: DoubtFinding, _ attempt: AttemptRow) {
        let isAbsent =
            switch finding.result {
            case .found: false
            case .absentProven, .stillUnknown: finding.sawWholeBook
            }
        looks.append(
            Look(
                intent: attempt.intent,
                attempt: attempt.number,
                isAbsence: isAbsent,
                answer: AuditText.foreign(finding.answer)
            )
        )
    }

    /// Nothing was placed: the hold goes back, and the order ends or may be sent anew.
    private mutating func bury(
        _ intent: inout IntentRow,
        _ attempt: inout AttemptRow,
        _ next: DoubtFinding.AfterAbsence,
        _ proof: String
    ) throws {
        attempt.state = .absent
        orders.book.releaseAll(of: &intent)
        intent.note = attempt.brokerWords
        switch next {
        case .resend:
            try intent.apply(.retryAllowed)
            intent.reason = nil
            intent.quantity = .zero
            intent.sizingPrice = nil
            intent.lookIn = .zero
        case .end(let reason):
            try intent.apply(.provenNotPlaced)
            intent.reason = reason
            intent.lookIn = nil
        }
        let line = "ORDER_PROVEN_ABSENT: \(attempt.reference) is \(proof)"
        let detail = AuditText.object(line) { detail in
            detail.field("reference", attempt.reference)
            detail.field("attempt", Int64(attempt.number))
            detail.field("next", intent.reason?.rawValue ?? "resend")
            if let words = attempt.brokerWords { detail.field("broker_words", words) }
        }
        orders.audit("ORDER_PROVEN_ABSENT", intent, detail)
    }

    /// The calls that write what was found.
    func writes() throws(StoreFailure) -> [Call] {
        guard !looks.isEmpty else { return try orders.writes() }
        let noted: Call = (
            OrderStatements.noteLooks,
            [
                .ints(looks.map(\.intent.raw)), .ints(looks.map { Int64($0.attempt) }),
                .bools(looks.map(\.isAbsence)), .texts(looks.map(\.answer)),
            ]
        )
        return try orders.writes() + [noted]
    }
}
