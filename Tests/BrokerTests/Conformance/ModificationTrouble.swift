import Testing

/// One way in which a change goes wrong, or well, and whether the broker has done it.
struct ModificationTrouble: Sendable, CustomTestStringConvertible {
    let name: String
    /// The sandbox's fault; nil: none.
    var fault: String?
    let isApplied: Bool

    var testDescription: String { name }

    static let all = [
        ModificationTrouble(name: "done", isApplied: true),
        ModificationTrouble(name: "dropped after", fault: "drop_after_booking", isApplied: true),
        ModificationTrouble(name: "dropped before", fault: "drop_before_booking", isApplied: false),
        ModificationTrouble(name: "reset", fault: "reset", isApplied: true),
        ModificationTrouble(name: "reset in mid-body", fault: "reset_mid_body", isApplied: true),
        ModificationTrouble(name: "500", fault: "status_500", isApplied: false),
        ModificationTrouble(name: "503", fault: "status_503", isApplied: false),
        ModificationTrouble(name: "504, but done", fault: "status_504_but_placed", isApplied: true),
        ModificationTrouble(name: "400, but done", fault: "status_400_but_placed", isApplied: true),
        ModificationTrouble(name: "429", fault: "status_429", isApplied: false),
        ModificationTrouble(name: "token expired", fault: "token_expired", isApplied: false),
        ModificationTrouble(name: "garbage", fault: "garbage_body", isApplied: true),
        ModificationTrouble(name: "error under 200", fault: "error_with_200", isApplied: false),
        ModificationTrouble(name: "said, not done", fault: "modify_ignored", isApplied: false),
    ]
}
