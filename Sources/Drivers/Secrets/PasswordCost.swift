/// How much work one guess of a password shall be.
package struct PasswordCost: Sendable, Hashable {
    let passes: UInt64
    let bytes: Int

    /// What people's passwords are kept with: 3 passes over 64 MiB.
    package static let standard = PasswordCost(passes: 3, bytes: 64 << 20)
    /// A little cheaper, for sign-ins that are many: 2 passes over 64 MiB.
    package static let interactive = PasswordCost(passes: 2, bytes: 64 << 20)
    /// As cheap as the algorithm allows, for tests only.
    package static let test = PasswordCost(passes: 1, bytes: 8 << 10)
}
