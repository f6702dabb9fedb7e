import Commands
import Glibc

/// A measurement that has a stack of its own.
protocol Measure: Sendable {
    /// The sub-command's word.
    static var name: String { get }
    static var options: [NumberOption] { get }

    init(_ numbers: Numbers)

    /// How its stack is started.
    var settings: MeasuredStack.Settings { get }

    /// Whether all books of the stack are compared at the end; else the measure did so itself.
    var comparesAllBooks: Bool { get }

    /// Measures and prints.
    ///
    /// - Returns: what is wrong, a sentence each; nothing where all went right.
    func measure(_ stack: MeasuredStack) async throws -> [String]
}

extension Measure {
    var comparesAllBooks: Bool { true }
}

/// Carries out a measurement: starts its stack, lets it measure, compares the books, ends all.
enum MeasureCommand {
    /// - Returns: 0 all is well, 1 something failed, 2 usage, 4 it could not run.
    static func run<M: Measure>(_ type: M.Type, _ arguments: [String]) async -> CInt {
        guard let numbers = Numbers(arguments, M.options) else {
            complain(usage(type))
            return 2
        }
        do {
            let measure = M(numbers)
            let place = try RunPlace("bench-" + M.name, environment: Surroundings.variables())
            let isGood = try await RunCleaner.guarding(place) { cleaner in
                let processes = RoleProcesses(place)
                cleaner.watch(processes)
                let stack = try await MeasuredStack.start(place, processes, measure.settings)
                let chosen = M.options.map { "--\($0.name) \(numbers[$0.name])" }
                say("bench \(M.name) \(chosen.joined(separator: " "))")
                say("machine: \(ProcessMeter.machine)")
                say("versions: \(try await stack.versions()), servers durable")
                var problems = try await measure.measure(stack)
                problems += try await verdict(stack, comparing: measure.comparesAllBooks)
                for problem in problems { say("FAILED: " + problem) }
                say(problems.isEmpty ? "the books agree" : "FAILED, logs in \(place.logs)")
                await stack.close()
                return problems.isEmpty
            }
            return isGood ? 0 : 1
        } catch {
            complain("bench \(M.name): FAILED: \(error)")
            return 4
        }
    }

    /// How the sub-command is called.
    static func usage<M: Measure>(_ type: M.Type) -> String {
        let options = M.options.map { "[--\($0.name) N=\($0.usual)]" }
        return "usage: bench \(M.name) \(options.joined(separator: " "))"
    }

    /// Prints at once, also into a file.
    static func say(_ text: String) {
        print(text)
        fflush(nil)
    }

    static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }

    /// No figure counts unless the books agree.
    private static func verdict(_ stack: MeasuredStack, comparing all: Bool) async throws
        -> [String]
    {
        var problems: [String] = []
        let ledger = try await stack.command(["admin", "check-ledger"])
        if ledger.status != 0 { problems.append("the ledger is broken:\n" + ledger.text) }
        if all {
            let books = try await stack.command(["demo", "verify", "--all", "--patience", "300"])
            if books.status != 0 { problems.append("the books differ:\n" + books.text) }
        }
        for queue in try await stack.settledQueues() where queue.messages > 0 {
            problems.append("\(queue.messages) messages are left in \(queue.name)")
        }
        stack.processes.noteDeaths()
        problems += stack.processes.unexpectedDeaths.map { "\($0) ended by itself" }
        return problems
    }
}
