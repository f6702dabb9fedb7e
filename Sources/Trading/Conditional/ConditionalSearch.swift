/// Looks for a conditional order, whose answer was lost, in the broker's list.
package struct ConditionalSearch: Sendable {
    /// What the list told.
    package enum Finding: Sendable, Equatable {
        case found(ConditionalReport)
        /// The list does not have it.
        case absent
        /// Several could be it, and none can be told from the others: a person must decide.
        case ambiguous(Int)
    }

    /// Our reference on it.
    package let reference: String
    package let content: ConditionalContent
    /// When its sending began.
    package let sentAt: Timestamp
    /// Whether the broker's list shows our reference.
    package let showsReferences: Bool

    package init(
        reference: String,
        content: ConditionalContent,
        sentAt: Timestamp,
        showsReferences: Bool
    ) {
        self.reference = reference
        self.content = content
        self.sentAt = sentAt
        self.showsReferences = showsReferences
    }

    /// By how much a broker's clock may be behind ours.
    private static let slack: Duration = .seconds(120)

    /// What `list` tells; `known` are the ids that are known to be of something else.
    ///
    /// Without references the content and the time must tell. One that others placed by hand within
    /// the same minutes, alike to the last paisa, cannot be told from ours: then nothing is sent
    /// again, since there is one, and whoever is asked sees both.
    package func callAsFunction(_ list: [ConditionalReport], known: Set<String>) -> Finding {
        if let named = list.first(where: { $0.reference == reference }) { return .found(named) }
        if showsReferences { return .absent }
        let alike = list.filter { report in
            report.reference == nil && report.content == content && !known.contains(report.brokerID)
                && report.createdAt.map { sentAt.duration(to: $0) > .zero - Self.slack } ?? true
        }
        switch alike.count {
        case 0: return .absent
        // One without a time may be there since last week.
        case 1 where alike[0].createdAt != nil: return .found(alike[0])
        default: return .ambiguous(alike.count)
        }
    }
}
