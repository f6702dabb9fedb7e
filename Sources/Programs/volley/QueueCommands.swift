import JSON
import Wiring

/// `volley queues` and `volley dead-letters`: what waits, and what was put aside.
struct QueueCommands {
    /// The command line makes no sense.
    struct Usage: Error, CustomStringConvertible {
        let description: String
    }

    private let tasks: QueueTasks

    init(_ settings: Settings) throws { tasks = try QueueTasks(settings) }

    /// Runs one; the exit status.
    func run(_ command: String, _ arguments: [String]) async throws -> Int32 {
        var options = try Options(arguments)
        do {
            switch (command, options.words.first) {
            case ("queues", nil): try await showCounts(options)
            case ("dead-letters", "list"): try await list(options)
            case ("dead-letters", "replay"):
                options.words.removeFirst()
                try await replay(options)
            default: throw Self.usage
            }
            return 0
        } catch let error as QueueTasks.NoSuchQueue {
            throw Usage(description: "\(error)")
        }
    }

    private static let usage = Usage(
        description: """
            usage: volley queues [--json]
                   volley dead-letters list [--queue Q] [--json]
                   volley dead-letters replay [--queue Q] --all | ID
            """
    )

    private func showCounts(_ options: Options) async throws {
        let counts = try await tasks.counts()
        guard options.isJSON else {
            for (queue, ready) in counts { print("\(ready)\t\(queue)") }
            return
        }
        show("queues", counts) { line, count in
            line.field("queue", count.queue)
            line.field("ready", count.ready)
        }
    }

    private func list(_ options: Options) async throws {
        let letters = try await tasks.deadLetters(of: options.queue)
        guard options.isJSON else {
            if letters.isEmpty { print("there are no dead letters") }
            for letter in letters { print("\(letter.id)\t\(letter.queue)\t\(letter.text)") }
            return
        }
        show("dead_letters", letters) { line, letter in
            line.field("id", letter.id)
            line.field("queue", letter.queue)
            line.field("message", letter.text)
        }
    }

    private func replay(_ options: Options) async throws {
        guard options.isAll != (options.words.count == 1), options.words.count <= 1 else {
            throw Self.usage
        }
        let count = try await tasks.replay(queue: options.queue, id: options.words.first)
        if options.isJSON {
            print(#"{"replayed":\#(count)}"#)
        } else {
            print("\(count) put back")
        }
    }

    private func show<Item>(
        _ name: String,
        _ items: [Item],
        _ write: (inout JSONWriter, Item) -> Void
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(name)
        writer.beginArray()
        for item in items {
            writer.beginObject()
            write(&writer, item)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        print(String(decoding: writer.bytes, as: UTF8.self))
    }

    private struct Options {
        var words: [String] = []
        var queue: String?
        var isAll = false
        var isJSON = false

        init(_ arguments: [String]) throws(Usage) {
            var rest = arguments[...]
            while let word = rest.popFirst() {
                switch word {
                case "--all": isAll = true
                case "--json": isJSON = true
                case "--queue":
                    guard let name = rest.popFirst() else { throw QueueCommands.usage }
                    queue = name
                case _ where word.hasPrefix("-"): throw QueueCommands.usage
                default: words.append(word)
                }
            }
        }
    }
}
