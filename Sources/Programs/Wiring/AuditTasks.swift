import Desk
import PostgresStore
import Secrets
import Trading

/// Checks the audit log against its seals, with the database at hand: whoever may have changed rows
/// must not be asked through a server that they may have changed too.
package struct AuditTasks: Sendable {
    private let connections: Connections

    package init(_ settings: Settings) throws {
        connections = try Connections(settings, program: "audit")
    }

    /// What a check found.
    package struct Report: Sendable {
        package let isGood: Bool
        package let seals: Int64
        package let rows: Int64
        package let unsealedRows: Int64
        /// For how long the oldest unsealed row has been so; nil where there is none.
        package let unsealedSeconds: Int64?
        /// What is not good, in a sentence.
        package let fault: String?
        /// The newest good seal: its number, and its hash in hex.
        package let head: Head?
    }

    /// The end of the chain.
    package struct Head: Sendable {
        package let seal: Int64
        package let hash: String
        package let rows: Int64
        package let sealedOn: String
    }

    /// What the command line asks for makes no sense.
    package struct Refusal: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// Checks all seals, and the rows of these days in India, both included; nil is no bound.
    package func verify(from: String?, to: String?, head: String?) async throws -> Report {
        let first = try from.map { try Self.day($0, "--from") }
        let last = try to.map { try Self.day($0, "--to") }
        if let first, let last, last < first { throw Refusal(description: "--to is before --from") }
        let start = first?.time(0, 0) ?? VerifyAudit.allTimes.lowerBound
        let end = last?.advanced(by: 1).time(0, 0) ?? VerifyAudit.allTimes.upperBound
        let hash = try head.map { try Self.hash($0) }
        try await connections.waitForSchema()
        let verify = VerifyAudit(store: connections.audit, digest: { Tokens.sha256($0) })
        let verdict = try await verify(start..<end, head: hash)
        let now = connections.clock.now()
        await connections.close()
        return Report(
            isGood: verdict.fault == nil,
            seals: verdict.seals,
            rows: verdict.rows,
            unsealedRows: verdict.unsealed.count,
            unsealedSeconds: verdict.unsealed.oldest.map {
                $0.duration(to: now).components.seconds
            },
            fault: verdict.fault?.sentence,
            head: verdict.head.map { Self.head($0) }
        )
    }

    /// The newest seal; nil where there is none yet.
    package func head() async throws -> Head? {
        try await connections.waitForSchema()
        let last = try await connections.audit.lastSeal()
        await connections.close()
        return last.map { Self.head($0) }
    }

    private static func head(_ seal: AuditSeal) -> Head {
        Head(
            seal: seal.number,
            hash: hex(seal.hash),
            rows: seal.total,
            sealedOn: CalendarDay(containing: seal.sealedAt).description
        )
    }

    private static func day(_ text: String, _ option: String) throws(Refusal) -> CalendarDay {
        guard let day = CalendarDay(text) else {
            throw Refusal(description: "\(option) must be a day such as 2026-11-23")
        }
        return day
    }

    private static func hash(_ text: String) throws(Refusal) -> [UInt8] {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard text.utf8.count == 64, digits.count == 64 else {
            throw Refusal(description: "--head must be the 64 hex digits of `volley audit head`")
        }
        return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
