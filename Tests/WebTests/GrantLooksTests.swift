import Synchronization
import Testing

@testable import Web

@Suite("Turns of grants", .timeLimit(.minutes(5)))
struct GrantLooksTests {
    /// Holds looks up until the test lets them go, and remembers in which order they began.
    private actor Gate {
        private(set) var began: [String] = []
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var isOpen = false

        func pass(_ name: String) async {
            began.append(name)
            guard !isOpen else { return }
            await withCheckedContinuation { waiting.append($0) }
        }

        func open() {
            isOpen = true
            for one in waiting { one.resume() }
            waiting = []
        }
    }

    private func look(
        _ looks: GrantLooks,
        _ gate: Gate,
        _ name: String,
        from address: String,
        isUseless: Bool = false
    ) async throws -> String {
        let answer = try await looks.look(Array(name.utf8), from: address) {
            await gate.pass(name)
            return (name, isUseless: isUseless)
        }
        return switch answer {
        case .looked: "looked"
        case .knownUseless: "useless"
        case .crowdedOut: "crowded out"
        }
    }

    @Test("Behind a flood from one place the grant from another has the next turn")
    func flood() async throws {
        let looks = GrantLooks(mostAtOnce: 1, mostWaiting: 4)
        let gate = Gate()
        try await withThrowingTaskGroup(of: (String, String).self) { group in
            group.addTask { ("s0", try await look(looks, gate, "s0", from: "stranger")) }
            while await gate.began.isEmpty { await Task.yield() }
            for number in 1...7 {
                let name = "s\(number)"
                group.addTask { (name, try await look(looks, gate, name, from: "stranger")) }
                while looks.queued < number { await Task.yield() }
            }
            group.addTask { ("real", try await look(looks, gate, "real", from: "broker")) }
            while looks.queued < 8 { await Task.yield() }
            await gate.open()
            var answers: [String: String] = [:]
            for try await (name, answer) in group { answers[name] = answer }
            #expect(answers["real"] == "looked")
            #expect(answers.filter { $0.value == "crowded out" }.count == 4)
            // The newest of the flood stay.
            #expect(answers["s7"] == "looked" && answers["s1"] == "crowded out")
        }
        #expect(await gate.began.prefix(2) == ["s0", "real"])
    }

    @Test(
        "From one place the newest goes first, so that nothing sent before delays it"
    )
    func newest() async throws {
        let looks = GrantLooks(mostAtOnce: 1, mostWaiting: 10)
        let gate = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await look(looks, gate, "s0", from: "proxy") }
            while await gate.began.isEmpty { await Task.yield() }
            for (count, name) in ["s1", "s2", "real"].enumerated() {
                group.addTask { _ = try await look(looks, gate, name, from: "proxy") }
                while looks.queued < count + 1 { await Task.yield() }
            }
            await gate.open()
            try await group.waitForAll()
        }
        #expect(await gate.began == ["s0", "real", "s2", "s1"])
    }

    @Test("A token that the broker has refused is not asked about again, not even by who waited")
    func useless() async throws {
        let looks = GrantLooks(mostAtOnce: 1, mostWaiting: 10)
        let gate = Gate()
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await look(looks, gate, "bad", from: "stranger", isUseless: true)
                }
            }
            while looks.queued < 2 { await Task.yield() }
            await gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.sorted() == ["looked", "useless", "useless"])
        #expect(try await look(looks, gate, "bad", from: "broker") == "useless")
        #expect(await gate.began == ["bad"])
        #expect(try await look(looks, gate, "good", from: "stranger") == "looked")
    }

    @Test("A look that fails gives its turn on")
    func fails() async throws {
        struct Broken: Error {}
        let looks = GrantLooks(mostAtOnce: 1, mostWaiting: 10)
        for _ in 0..<3 {
            await #expect(throws: Broken.self) {
                _ = try await looks.look([1], from: "a") {
                    () async throws -> (Int, isUseless: Bool) in
                    throw Broken()
                }
            }
        }
        let gate = Gate()
        await gate.open()
        #expect(try await look(looks, gate, "next", from: "a") == "looked")
    }
}
