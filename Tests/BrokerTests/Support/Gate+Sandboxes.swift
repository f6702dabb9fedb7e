import ServerTesting

extension Gate {
    /// A sandbox has threads and descriptors by the dozen.
    static let sandboxes = Gate(32)
}
