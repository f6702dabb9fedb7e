import Synchronization

/// Keys that no two calls share.
enum Names {
    private static let count = Atomic<Int>(0)

    static func next() -> String {
        "scenario-\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
    }
}
