import Desk
import Testing

/// What a call failed with; an issue where it did not fail.
func failure<R>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ call: () async throws(BrokerFailure) -> R
) async -> BrokerFailure? {
    do throws(BrokerFailure) {
        _ = try await call()
        Issue.record("the call did not fail", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error
    }
}

extension BrokerFailure {
    var isUnreachable: Bool {
        if case .unreachable = self { true } else { false }
    }

    var isSessionEnded: Bool {
        if case .sessionEnded = self { true } else { false }
    }

    var isLimited: Bool {
        if case .limited = self { true } else { false }
    }

    /// The broker's code where it refused.
    var code: String? {
        if case .refused(let code, _) = self { code } else { nil }
    }
}
