import JSON
import Wiring

/// `volley version`: the libraries that it runs with, for whoever looks after updates.
enum VersionCommand {
    static func run(_ arguments: [String]) -> Int32 {
        guard arguments.allSatisfy({ $0 == "--json" }) else { return 2 }
        let libraries = LinkedLibraries.all
        guard arguments.isEmpty else {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("libraries")
            writer.beginObject()
            for library in libraries { writer.field(library.name, library.version) }
            writer.endObject()
            writer.endObject()
            print(String(decoding: writer.bytes, as: UTF8.self))
            return 0
        }
        for library in libraries { print("\(library.name) \(library.version)") }
        return 0
    }
}
