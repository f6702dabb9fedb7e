import Foundation

/// One Swift file, known by its path in the checkout.
struct SourceFile: Sendable {
    let path: String
    /// The lines as they stand in the file.
    let lines: [String]
    /// The same lines without comments and without the text of string literals.
    let code: [String]
    /// The same lines with nothing but their comments.
    let comments: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let parts = SourceText(text)
        code = parts.code
        comments = parts.comments
    }

    func isIn(_ folders: String...) -> Bool {
        folders.contains { path.hasPrefix($0 + "/") }
    }

    /// The places where a line of code has one of the texts, and matches.
    ///
    /// The look for a text spares almost every line the far slower match.
    func places(
        _ why: String,
        near texts: [String],
        where matches: (String) -> Bool
    ) -> [Violation] {
        code.indices
            .filter { index in texts.contains(where: code[index].mentions) && matches(code[index]) }
            .map { Violation(path: path, line: $0 + 1, why: why) }
    }
}

extension String {
    /// Whether the bytes of a text stand somewhere in this one.
    func mentions(_ text: String) -> Bool {
        Array(utf8).firstRange(of: Array(text.utf8)) != nil
    }
}

/// A place that breaks a rule.
struct Violation: CustomStringConvertible {
    let path: String
    let line: Int
    let why: String

    var description: String { "\(path):\(line): \(why)" }
}

/// The checkout that this test was built from.
enum Checkout {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let sources: [SourceFile] = ["Sources", "Tests"].flatMap(swiftFiles) + [manifest]

    private static let manifest = file("Package.swift")

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path())
    }

    private static func swiftFiles(under folder: String) -> [SourceFile] {
        guard let walk = FileManager.default.enumerator(atPath: root.appending(path: folder).path())
        else { return [] }
        return walk.compactMap { $0 as? String }
            .filter { $0.hasSuffix(".swift") }
            .sorted()
            .map { file("\(folder)/\($0)") }
    }

    private static func file(_ path: String) -> SourceFile {
        guard let bytes = FileManager.default.contents(atPath: root.appending(path: path).path())
        else { preconditionFailure("\(path) cannot be read") }
        return SourceFile(path: path, text: String(decoding: bytes, as: UTF8.self))
    }
}
