import Glibc

/// Runs one fuzz test case by case, so that any case can be run again alone.
///
/// The environment decides how long: `VOLLEY_FUZZ_SECONDS` for so many seconds, else
/// `VOLLEY_FUZZ_FACTOR` times the cases that the test asks for; `VOLLEY_FUZZ_SEED` gives other
/// cases, and `VOLLEY_FUZZ_CASE` runs one of them. Before each case its number is written to
/// `NAME.case` in the folder that `VOLLEY_FUZZ_FOLDER` names: where a trap ends the process, that
/// file says which case it was.
package struct FuzzRun: Sendable {
    private let name: String
    private let cases: Int

    /// A test of this name, which a file can have, with so many cases where nothing else is asked for.
    package init(_ name: String, cases: Int) {
        self.name = name
        self.cases = cases
    }

    /// Runs the cases until one is complained of.
    ///
    /// - Returns: what is wrong, with the environment that shows it again; nil where nothing is.
    package func run(_ body: (inout FuzzRandom) async throws -> String?) async -> String? {
        // A number that nobody can read would pass for a run as long as was asked for.
        for name in Self.numbersAsked where Self.setting(name) == nil && getenv(name) != nil {
            return "\(name) is not a whole number"
        }
        let seed = UInt64(Self.setting("VOLLEY_FUZZ_SEED") ?? 1)
        let journal = Journal(name)
        defer { journal.close() }
        for number in numbers {
            journal.write("VOLLEY_FUZZ_SEED=\(seed) VOLLEY_FUZZ_CASE=\(number)")
            var random = FuzzRandom(seed: seed, case: number)
            let complaint: String?
            do {
                complaint = try await body(&random)
            } catch {
                complaint = "it threw \(error)"
            }
            if let complaint {
                return "\(name), VOLLEY_FUZZ_SEED=\(seed) VOLLEY_FUZZ_CASE=\(number): \(complaint)"
            }
        }
        return nil
    }

    private var numbers: AnySequence<Int> {
        if let one = Self.setting("VOLLEY_FUZZ_CASE") { return AnySequence([one]) }
        guard let seconds = Self.setting("VOLLEY_FUZZ_SECONDS") else {
            return AnySequence(0..<(cases * (Self.setting("VOLLEY_FUZZ_FACTOR") ?? 1)))
        }
        let end = ContinuousClock.now.advanced(by: .seconds(seconds))
        return AnySequence(sequence(first: 0) { ContinuousClock.now < end ? $0 + 1 : nil })
    }

    private static let numbersAsked = [
        "VOLLEY_FUZZ_SEED", "VOLLEY_FUZZ_CASE", "VOLLEY_FUZZ_SECONDS", "VOLLEY_FUZZ_FACTOR",
    ]

    private static func setting(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }.flatMap { $0 < 0 ? nil : $0 }
    }

    /// The bytes as one can read and type them.
    package static func shown(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(600), as: UTF8.self).debugDescription
            + (bytes.count > 600 ? " … \(bytes.count) bytes" : "")
    }
}

/// Which case is running, on a disk that outlives the process.
private struct Journal {
    private let file: CInt
    private let path: String

    init(_ name: String) {
        let folder = getenv("VOLLEY_FUZZ_FOLDER").map { String(cString: $0) } ?? "/tmp"
        path = "\(folder)/volley-fuzz-\(name).case"
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }

    /// One line of always the same length, at the file's beginning.
    func write(_ text: String) {
        let line = Array(text.utf8) + Array(repeating: UInt8(ascii: " "), count: 8) + [10]
        _ = pwrite(file, line, line.count, 0)
    }

    /// A run that came to its end has nothing to tell.
    func close() {
        _ = Glibc.close(file)
        unlink(path)
    }
}
