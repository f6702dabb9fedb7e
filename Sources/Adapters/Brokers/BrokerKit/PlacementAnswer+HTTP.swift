package import Desk
package import HTTPClient

extension PlacementAnswer {
    /// What a placement that got no whole answer came to.
    package init(_ failure: HTTPFailure) {
        switch failure {
        case .notSent(let reason): self = .notSent(reason)
        case .unanswered(let reason): self = .unanswered(cause: reason, words: nil)
        }
    }
}
