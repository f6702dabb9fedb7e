/// The messages that were written and not yet confirmed, in the order of their delivery tags.
///
/// 1. Tags of a channel count from 1, one by one, in the order of writing.
/// 2. Each message leaves exactly once: by a confirm, a refusal, or the loss of the connection.
/// 3. A returned message is marked first; the confirm that follows settles it as returned.
struct ConfirmWindow {
    private struct Entry {
        /// nil once settled.
        var call: PublishCall?
        let index: Int
        let writtenAt: ContinuousClock.Instant
    }

    private var entries: [Entry] = []
    /// Where the oldest entry is; what lies before it is settled and dropped from time to time.
    private var head = 0
    /// The tag of `entries[head]`.
    private var firstTag: UInt64 = 1
    /// How many are not settled yet.
    private(set) var count = 0

    /// The tag that the next message will have.
    var nextTag: UInt64 { firstTag + UInt64(entries.count - head) }

    /// When the oldest unsettled message was written.
    var oldest: ContinuousClock.Instant? { head < entries.count ? entries[head].writtenAt : nil }

    /// A message was written, with ``nextTag``.
    mutating func append(_ call: PublishCall, index: Int, at now: ContinuousClock.Instant) {
        entries.append(Entry(call: call, index: index, writtenAt: now))
        count += 1
    }

    /// The server took over (or refused) one message, or all up to the tag.
    ///
    /// - Returns: false if the server speaks of a message that it was not sent.
    mutating func settle(_ tag: UInt64, multiple: Bool, taken: Bool) -> Bool {
        // Tag 0 with multiple means all there are.
        let last = multiple && tag == 0 ? nextTag &- 1 : tag
        guard last < nextTag else { return false }
        guard last >= firstTag else { return multiple || tag > 0 }
        let end = head + Int(last - firstTag)
        for position in (multiple ? head : end)..<(end + 1) {
            guard let call = entries[position].call else { continue }
            call.settle(entries[position].index, taken: taken)
            entries[position].call = nil
            count -= 1
        }
        dropSettled()
        return true
    }

    /// The server gave a message back.
    ///
    /// - Returns: false if there is no such message.
    func markReturned(_ tag: UInt64, code: Int, text: String) -> Bool {
        guard tag >= firstTag, tag < nextTag else { return false }
        let entry = entries[head + Int(tag - firstTag)]
        guard let call = entry.call else { return false }
        call.outcomes[entry.index] = .returned(code: code, text: text)
        return true
    }

    /// The connection is lost: every message keeps what is known of it.
    mutating func abandon() {
        for entry in entries[head...] { entry.call?.abandon() }
        self = ConfirmWindow()
    }

    private mutating func dropSettled() {
        while head < entries.count, entries[head].call == nil {
            head += 1
            firstTag += 1
        }
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 4096, head > entries.count / 2 {
            entries.removeFirst(head)
            head = 0
        }
    }
}
