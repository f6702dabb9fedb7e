import FoundationEssentials
import Secrets

/// One file of the migrations' folder.
package struct Migration: Sendable, Equatable {
    package let number: Int
    /// The file's name, such as `0001_accounts.sql`.
    package let file: String
    package let script: String
    /// SHA-256 of the file in hexadecimal, by which a change of an applied file is noticed.
    package let checksum: String
}

/// Why the database was not brought up to date.
package enum MigrationFailure: Error, Equatable {
    /// The folder cannot be read.
    case unreadable(String)
    /// A `.sql` file whose name is not `NNNN_name.sql`.
    case misnamed(file: String)
    /// Two files have this number.
    case doubled(number: Int)
    /// A file is missing below the highest number.
    case gap(number: Int)
    /// The file is not what was applied under its number.
    case changed(file: String)
    /// The database has a migration that this folder does not: the program is older than it.
    case newerDatabase(file: String)
    /// The server refused the file; nothing of it was kept.
    case refused(file: String, words: String)
    /// The file ends the transaction that it runs in; how much of it was kept, only a look can tell.
    case endsTransaction(file: String)
    /// The server is not there or not ready; what was applied stays, try again later.
    case unavailable(String)
    /// The server answered in a way that trying again will not change.
    case broken(String)
}

extension Migration {
    /// The folder's migrations in their order, without gaps from 1 on.
    package static func all(in folder: String) throws(MigrationFailure) -> [Migration] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .unreadable(folder)
        }
        var found: [Migration] = []
        for name in names where name.hasSuffix(".sql") {
            found.append(try Migration(file: name, in: folder))
        }
        found.sort { $0.number < $1.number }
        for (place, migration) in found.enumerated() {
            let expected = place + 1
            if migration.number < expected { throw .doubled(number: migration.number) }
            if migration.number > expected { throw .gap(number: expected) }
        }
        return found
    }

    private init(file: String, in folder: String) throws(MigrationFailure) {
        let digits = file.prefix(4)
        guard digits.utf8.count == 4, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int(digits), number > 0, file.dropFirst(4).first == "_",
            file.count > "0001_.sql".count
        else { throw .misnamed(file: file) }
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else {
            throw .unreadable("\(folder)/\(file)")
        }
        let bytes = Array(data)
        guard let script = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable("\(folder)/\(file) (not UTF-8)")
        }
        self.number = number
        self.file = file
        self.script = script
        checksum = Tokens.sha256(bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
