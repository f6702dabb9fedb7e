import Foundation
import Testing

@Suite("The layout of the checkout")
struct LayoutTests {
    @Test("The top level holds only what belongs there")
    func topLevel() throws {
        let strangers = Layout.strangers(among: try Layout.topLevel())
        #expect(strangers.isEmpty, "\(strangers)")
    }

    @Test(
        "A stranger at the top level is seen",
        arguments: [
            (["Package.swift", "Sources", ".gitignore", "README.md"], []),
            (["Sources", "scripts", "notes.txt"], ["notes.txt", "scripts"]),
        ]
    )
    func strangersAreSeen(_ names: [String], _ strangers: [String]) {
        #expect(Layout.strangers(among: Set(names)) == strangers)
    }

    @Test("Migrations are numbered without a gap")
    func migrations() throws {
        let problems = Layout.problems(ofMigrations: try Checkout.names(in: "migrations"))
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test(
        "A migration that is missing, doubled or oddly named is seen",
        arguments: [
            (["0001_accounts.sql", "0002_ledger.sql"], 0),
            (["0002_ledger.sql", "0001_accounts.sql"], 0),
            (["0001_accounts.sql", "0003_orders.sql"], 1),
            (["0002_ledger.sql"], 1),
            (["0001_accounts.sql", "0001_ledger.sql"], 1),
            (["0001_accounts.sql", "2_ledger.sql"], 1),
            (["0001_accounts.sql", "0002_Ledger.sql"], 1),
            (["0001_accounts.sql", "notes.md"], 1),
            ([], 1),
        ]
    )
    func problemsAreSeen(_ names: [String], _ count: Int) {
        #expect(Layout.problems(ofMigrations: names).count == count)
    }
}

/// What may stand where.
private enum Layout {
    private static let allowed: Set<String> = [
        "Package.swift", "Sources", "Tests", "deploy", "docker-compose.yml", "migrations",
        "README.md", "LICENSE",
    ]

    /// Hidden entries are tools' settings, and are theirs to name.
    static func strangers(among names: Set<String>) -> [String] {
        names.filter { !$0.hasPrefix(".") && !allowed.contains($0) }.sorted()
    }

    /// One problem for each name that is not the next `NNNN_name.sql`.
    static func problems(ofMigrations names: [String]) -> [String] {
        guard !names.isEmpty else { return ["there is no migration"] }
        return names.sorted().enumerated().compactMap { index, name in
            guard let match = name.wholeMatch(of: /(\d{4})_[a-z0-9_]+\.sql/) else {
                return "\(name) is not named NNNN_name.sql"
            }
            return Int(match.1) == index + 1 ? nil : "\(name) is not number \(index + 1)"
        }
    }

    /// What is under version control; in a copy without it, what is there.
    static func topLevel() throws -> Set<String> {
        guard FileManager.default.fileExists(atPath: Checkout.root.appending(path: ".git").path())
        else { return Set(try Checkout.names(in: "")) }
        let git = Process()
        git.executableURL = URL(filePath: "/usr/bin/env")
        git.arguments = [
            "git", "-c", "safe.directory=*", "-C", Checkout.root.path(), "ls-files", "-z",
        ]
        let output = Pipe()
        git.standardOutput = output
        try git.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        git.waitUntilExit()
        try #require(git.terminationStatus == 0, "git ls-files failed")
        let paths = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        try #require(!paths.isEmpty, "git knows of no file")
        return Set(paths.compactMap { $0.split(separator: "/").first.map(String.init) })
    }
}
