/// The delivery tags of one channel that the server waits for an answer to.
///
/// Acknowledging a tag that is not outstanding would make the server close the channel, so each
/// tag is answered once. Acknowledged tags with nothing outstanding before them are joined into
/// one answer for all.
struct OutstandingTags {
    /// An acknowledgement to write.
    struct Acknowledgement: Equatable {
        let tag: UInt64
        let multiple: Bool
    }

    private enum State { case outstanding, acknowledged, answered }
    private var states: [State] = []
    private var head = 0
    /// The tag of `states[head]`.
    private var firstTag: UInt64 = 1
    /// Acknowledged and not written yet, in no order.
    private var unwritten: [UInt64] = []

    /// A message came; tags count from 1 one by one.
    ///
    /// - Returns: false if the server's count is not ours.
    mutating func deliver(_ tag: UInt64) -> Bool {
        guard tag == firstTag + UInt64(states.count - head) else { return false }
        states.append(.outstanding)
        return true
    }

    /// Notes that a tag is to be acknowledged; nothing if it is not outstanding.
    mutating func acknowledge(_ tag: UInt64) {
        guard let position = position(of: tag), states[position] == .outstanding else { return }
        states[position] = .acknowledged
        unwritten.append(tag)
    }

    /// Takes a tag out that is answered otherwise; that answer must be written before the next
    /// acknowledgements, which may cover the tag.
    ///
    /// - Returns: false if it is not outstanding, and must not be answered.
    mutating func answer(_ tag: UInt64) -> Bool {
        guard let position = position(of: tag), states[position] == .outstanding else {
            return false
        }
        states[position] = .answered
        return true
    }

    /// The acknowledgements to write for all that was noted, fewest first.
    mutating func takeAcknowledgements() -> [Acknowledgement] {
        var joined: UInt64?
        var number = 0
        while head < states.count, states[head] != .outstanding {
            if states[head] == .acknowledged {
                joined = firstTag
                number += 1
            }
            head += 1
            firstTag += 1
        }
        dropAnswered()
        var result: [Acknowledgement] = []
        if let joined { result.append(Acknowledgement(tag: joined, multiple: number > 1)) }
        for tag in unwritten where tag >= firstTag {
            guard let position = position(of: tag) else { continue }
            states[position] = .answered
            result.append(Acknowledgement(tag: tag, multiple: false))
        }
        unwritten.removeAll(keepingCapacity: true)
        return result
    }

    private func position(of tag: UInt64) -> Int? {
        guard tag >= firstTag, tag - firstTag < UInt64(states.count - head) else { return nil }
        return head + Int(tag - firstTag)
    }

    private mutating func dropAnswered() {
        if head == states.count {
            states.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 4096, head > states.count / 2 {
            states.removeFirst(head)
            head = 0
        }
    }
}
