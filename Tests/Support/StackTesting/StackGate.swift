/// Lets so many stacks run at once: each is half a dozen processes on the same few cores, and with too
/// many of them all only wait for one another.
actor StackGate {
    static let shared = StackGate(3)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ places: Int) { free = places }

    func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
