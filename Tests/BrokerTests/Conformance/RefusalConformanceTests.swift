import Desk
import DeskTesting
import JSON
import Testing
import Trading

/// The declared table of refusals, driven entry by entry; and everything beside it, which is doubt.
@Suite("Refusal conformance", .timeLimit(.minutes(20)))
struct RefusalConformanceTests {
    /// Statuses that brokers, gateways and proxies answer with.
    private static let statuses = [
        200, 201, 202, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408, 409,
        410, 411, 412, 413, 415, 418, 421, 422, 423, 425, 426, 428, 429, 431, 451, 499, 500, 501,
        502, 503, 504, 505, 511, 520, 522, 524, 599,
    ]

    @Test("Every declared refusal refuses, and gives the money back", arguments: Self.table)
    func declared(_ entry: Declared) async throws {
        try await Outside.visit(entry.kind) { outside in
            try await outside.warmUp()
            let proof = entry.proof
            try await outside.fault(
                "answer_without_booking",
                #""status":\#(proof.status),"code":"\#(proof.code)","path":"\#(proof.path)""#
            )
            let attempt = try await outside.claimed()
            let answer = try await outside.send(attempt)
            guard case .refused(proof.reason, let words) = answer else {
                Issue.record("\(answer)")
                return
            }
            #expect(words.contains(proof.code))
            #expect(try await outside.placements() == 1)
            #expect(try await outside.ledger().isEmpty)
            let intent = try outside.intent(attempt)
            #expect(intent.state == .rejected && intent.held == .zero)
        }
    }

    @Test(
        "Any other error answer is a doubt, whether an order came of it or not",
        arguments: BrokerUnderTest.outside,
        ["answer_without_booking", "answer_but_placed"]
    )
    func undeclared(_ kind: BrokerUnderTest, _ fault: String) async throws {
        try await Outside.visit(kind) { outside in
            let traits = outside.broker.traits
            let known = Set(traits.refusals.map(\.code)).union(traits.denials).sorted()
            let codes = known.map(Optional.some) + ["NEVER-HEARD-OF", nil]
            let sample = try await outside.claimed()
            var count: Int64 = 0
            for status in Self.statuses {
                for code in codes where !Self.isDeclared(status, code, traits) {
                    let member = code.map { #","code":"\#($0)""# } ?? ""
                    try await outside.fault(fault, #""status":\#(status)\#(member)"#)
                    count += 1
                    let attempt = sample.renamed("VTST\(100_000 + count)")
                    let answer = await outside.broker.place(attempt)
                    #expect(
                        OutcomeClass(answer) == .inDoubt,
                        "\(status) \(code ?? "without a code"): \(answer)"
                    )
                }
            }
            let driven = Self.statuses.count * codes.count - traits.refusals.count
            #expect(count == Int64(driven) && count > 200)
            #expect(try await outside.placements() == count)
            let booked = try await outside.ask("GET", "/ledger/summary")
            #expect(booked["booked"]?.int64 == (fault == "answer_but_placed" ? count : 0))
            #expect(booked["duplicates"]?.int64 == 0)
        }
    }

    @Test("A refusal is proven by path, status and code together", arguments: Self.table)
    func exact(_ entry: Declared) async throws {
        try await Outside.visit(entry.kind) { outside in
            let (traits, proof) = (outside.broker.traits, entry.proof)
            #expect(
                traits.refusal(path: proof.path, status: proof.status, code: proof.code)
                    == proof.reason
            )
            #expect(
                traits.refusal(path: proof.path + "/x", status: proof.status, code: proof.code)
                    == nil
            )
            #expect((400...499).contains(proof.status) && ![408, 429, 499].contains(proof.status))
            #expect(!proof.source.isEmpty && !proof.code.isEmpty)
            #expect(traits.denials.contains(proof.code))
            let same = traits.refusals.filter {
                ($0.path, $0.status, $0.code) == (proof.path, proof.status, proof.code)
            }
            #expect(same.count == 1)
        }
    }

    /// One entry of one broker's table.
    struct Declared: Sendable, CustomTestStringConvertible {
        let kind: BrokerUnderTest
        let proof: RefusalProof
        var testDescription: String { "\(kind.rawValue): \(proof.status) \(proof.code)" }
    }

    static let table = BrokerUnderTest.outside.flatMap { kind in
        kind.declared.refusals.map { Declared(kind: kind, proof: $0) }
    }

    private static func isDeclared(_ status: Int, _ code: String?, _ traits: BrokerTraits) -> Bool {
        traits.refusals.contains { $0.status == status && $0.code == code }
    }
}

extension Attempt {
    /// The same order under another reference.
    fileprivate func renamed(_ reference: String) -> Attempt {
        Attempt(
            job: job,
            number: number,
            reference: reference,
            fence: fence,
            terms: terms,
            quantity: quantity,
            sizingPrice: sizingPrice,
            session: session,
            owner: owner
        )
    }
}
