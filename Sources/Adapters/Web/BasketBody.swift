import Desk
import HTTPServer
import JSON
import Secrets
import Trading

/// What a trader asks for in the body of a basket, read and checked.
struct BasketBody: Sendable {
    let legs: [BulkTradeBody]
    let sequence: BasketSequence
    let onRefusal: RefusalPolicy
    let clients: ClientFilter
    let onDoubt: DoubtPolicy

    private static let mostLegs = 20

    init(_ request: HTTPServerRequest) throws(Problem) {
        var fields = try Fields(of: request)
        let sequence = fields.word("sequence", BasketSequence.self, default: .together)
        let onRefusal = fields.word("on_refusal", RefusalPolicy.self, default: .goOn)
        let clients = BulkTradeBody.clients(&fields)
        onDoubt = BulkTradeBody.onDoubt(&fields)
        let values = fields.value("legs")?.array ?? []
        if values.isEmpty || values.count > Self.mostLegs {
            fields.refuse("legs", "wrong_length", "legs must be a list of 1 to \(Self.mostLegs).")
        }
        var legs: [BulkTradeBody] = []
        var problems: [FieldProblem] = []
        for (place, value) in values.prefix(Self.mostLegs).enumerated() {
            guard let object = value.object else {
                problems.append(
                    FieldProblem("legs[\(place)]", "wrong_type", "Each leg must be an object.")
                )
                continue
            }
            do {
                legs.append(try BulkTradeBody(leg: Fields(object), clients ?? .all, onDoubt))
            } catch {
                problems += error.fields.map { $0.within("legs[\(place)]") }
            }
        }
        try fields.finish()
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        guard let sequence, let onRefusal, let clients, legs.count == values.count else {
            throw Problem.invalid("body", "incomplete", "Some field is missing.")
        }
        self.legs = legs
        self.sequence = sequence
        self.onRefusal = onRefusal
        self.clients = clients
    }

    /// The same for the same meaning, however the body was written.
    func hash(for trader: TraderID) -> [UInt8] {
        let head = "basket \(trader) \(sequence.rawValue) \(onRefusal.rawValue)"
        return Tokens.sha256(Array(head.utf8) + legs.flatMap { $0.hash(for: trader) })
    }
}

extension FieldProblem {
    /// The same problem of a field within another one.
    func within(_ outer: String) -> FieldProblem {
        FieldProblem("\(outer).\(field)", code, sentence)
    }
}
