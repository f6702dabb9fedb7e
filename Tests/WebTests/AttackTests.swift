import Desk
import DeskTesting
import JSON
import Testing
import Trading

@testable import Web

/// Strangers try every operation of the document, with ids of another trader's wherever one fits.
///
/// A new operation is tried without a change here.
@Suite("Nobody reaches what is another trader's, by any operation", .timeLimit(.minutes(10)))
struct AttackTests {
    private static var closed: [OpenAPIDocument.Operation] {
        OpenAPIOperations.all.filter { !$0.isOpen }
    }

    @Test("Another trader is refused wherever the path names somebody else's row")
    func otherTrader() async throws {
        try await AttackWorld.serving { world in
            try await attack(world, Self.closed, as: world.web.other) { answer, operation in
                if operation.path.contains("{") {
                    #expect([403, 404].contains(answer.status), "\(answer.text)")
                }
                #expect(answer.status < 500, "\(answer.text)")
            }
        }
    }

    @Test(
        "Another trader's client is refused all that is not for clients, and all that is not its own"
    )
    func otherClient() async throws {
        try await AttackWorld.serving { world in
            try await attack(world, Self.closed, as: world.clientUser) { answer, operation in
                if !operation.isForClients {
                    #expect(answer.status == 403, "\(answer.text)")
                } else if operation.path.contains("{") {
                    #expect([403, 404].contains(answer.status), "\(answer.text)")
                }
                #expect(answer.status < 500, "\(answer.text)")
            }
        }
    }

    @Test("Nobody gets in without a login")
    func nobody() async throws {
        try await AttackWorld.serving { world in
            let before = world.web.store.fingerprint(of: nil)
            try await attack(world, Self.closed, as: nil) { answer, _ in
                answer.expectProblem(401, "not_logged_in")
            }
            #expect(world.web.store.fingerprint(of: nil) == before)
        }
    }

    @Test("What is open to all shows and changes nothing of anybody's")
    func open() async throws {
        try await AttackWorld.serving { world in
            let open = OpenAPIOperations.all.filter(\.isOpen)
            try await attack(world, open, as: nil) { answer, _ in
                #expect(answer.status < 500, "\(answer.text)")
            }
        }
    }

    @Test("A key without the scope is refused, and told which one it lacks")
    func scopes() async throws {
        try await AttackWorld.serving { world in
            let before = world.web.store.fingerprint(of: nil)
            for operation in Self.closed {
                for (scope, key) in world.keys where scope != operation.neededScope {
                    for (path, body) in try world.variants(operation).prefix(1) {
                        let answer = try await world.web.ask(
                            operation.method,
                            path,
                            body,
                            headers: [("X-API-Key", key)]
                        )
                        answer.expectProblem(403, "scope_missing")
                        let named = operation.neededScope.rawValue
                        #expect(answer.json["detail"]?.string?.contains(named) == true)
                    }
                }
            }
            #expect(world.web.store.fingerprint(of: nil) == before)
        }
    }

    @Test("The victim's own login finds the marks that the strangers must not: the attack sees")
    func marksAreThere() async throws {
        try await AttackWorld.serving { world in
            var seen: Set<String> = []
            for operation in Self.closed where operation.method == "GET" {
                if operation.path.hasSuffix("/events") { continue }
                let path = try #require(world.path(operation))
                let answer = try await world.web.ask("GET", path, as: world.web.trader)
                for mark in AttackWorld.marks where answer.text.contains(mark) { seen.insert(mark) }
            }
            for mark in ["VICTIM", "trader@example.com", "victim-broker-order", "vk_victi"] {
                #expect(seen.contains(mark), "no operation shows \(mark)")
            }
        }
    }

    /// Asks every variant of every operation; no answer has anything of the victim's, and nothing of
    /// the victim's is changed.
    private func attack(
        _ world: AttackWorld,
        _ operations: [OpenAPIDocument.Operation],
        as identity: Identity?,
        _ check: (WebAnswer, OpenAPIDocument.Operation) -> Void
    ) async throws {
        let victim = world.web.traderID
        let before = world.web.store.fingerprint(of: victim)
        for operation in operations {
            for (path, body) in try world.variants(operation) {
                let answer = try await world.web.ask(
                    operation.method,
                    path,
                    as: identity,
                    body,
                    headers: operation.bodyType == "text/csv" ? [("Content-Type", "text/csv")] : []
                )
                let what = "\(operation.method) \(path) \(body ?? "")"
                for mark in AttackWorld.marks {
                    #expect(!answer.text.contains(mark), "\(what) shows \(mark): \(answer.text)")
                }
                check(answer, operation)
                let after = world.web.store.fingerprint(of: victim)
                #expect(after == before, "\(what) changed what is another's")
                guard after == before else { return }
            }
        }
    }
}
