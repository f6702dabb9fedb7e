import Synchronization

/// The places between two steps of the order protocol where a test may end or freeze a process.
///
/// Every process passes them all the time; that costs one atomic load, unless the program that runs
/// was told at its start to arm one (`VOLLEY_FAILPOINT`). What then happens is the program's matter.
package enum Failpoint: String, CaseIterable, Sendable {
    case submitBeforeCommit = "submit.before-commit"
    case submitAfterCommit = "submit.after-commit"
    case submitAfterPublish = "submit.after-publish"
    case submitBeforeAnswer = "submit.before-answer"

    case relayBeforePublish = "relay.before-publish"
    case relayAfterPublish = "relay.after-publish"
    case relayAfterDelete = "relay.after-delete"

    case planBeforeCommit = "plan.before-commit"
    case planAfterCommit = "plan.after-commit"
    case planAfterPublish = "plan.after-publish"
    case planAfterMark = "plan.after-mark"
    case planBeforeAck = "plan.before-ack"

    case executeBeforeClaim = "execute.before-claim"
    /// An order was cut into slices, and no message tells of the later ones.
    case sliceBeforePublish = "slice.before-publish"
    /// The attempt is committed as SENDING, and no byte has left.
    case executeBeforeSend = "execute.before-send"
    /// The broker has answered, and nobody has written it down.
    case executeAfterSend = "execute.after-send"
    case executeBeforeAck = "execute.before-ack"
    case recordBeforeCommit = "record.before-commit"
    case recordAfterCommit = "record.after-commit"

    /// What nobody recorded is UNKNOWN by now, and the books were not asked yet.
    case doubtBeforeLook = "doubt.before-look"
    case doubtAfterLook = "doubt.after-look"
    case doubtAfterCommit = "doubt.after-commit"
    case doubtBeforeAck = "doubt.before-ack"

    case fillBeforeCommit = "fill.before-commit"
    case fillAfterCommit = "fill.after-commit"
    case fillBeforeAck = "fill.before-ack"

    case cancelSubmitBeforeCommit = "cancel-submit.before-commit"
    case cancelSubmitAfterCommit = "cancel-submit.after-commit"
    case cancelSubmitAfterPublish = "cancel-submit.after-publish"

    /// The order is known to be cancelled, and the broker was not asked.
    case cancelBeforeSend = "cancel.before-send"
    /// The broker has answered, and neither were its books asked nor anything written down.
    case cancelAfterSend = "cancel.after-send"
    case cancelBeforeCommit = "cancel.before-commit"
    case cancelAfterCommit = "cancel.after-commit"
    case cancelBeforeAck = "cancel.before-ack"

    case modifySubmitBeforeCommit = "modify-submit.before-commit"
    case modifySubmitAfterCommit = "modify-submit.after-commit"
    /// The change is committed as SENDING, and no byte has left.
    case modifyBeforeSend = "modify.before-send"
    /// The broker has answered, and nobody has written it down.
    case modifyAfterSend = "modify.after-send"
    /// The answer is written down, and the books were not asked.
    case modifyBeforeLook = "modify.before-look"
    case modifyBeforeCommit = "modify.before-commit"
    case modifyAfterCommit = "modify.after-commit"
    case modifyBeforeAck = "modify.before-ack"

    case exitSubmitBeforeCommit = "exit-submit.before-commit"
    case exitSubmitAfterCommit = "exit-submit.after-commit"
    /// The cancel of an exit is asked for, and nobody has written down which it is.
    case exitBeforeNoteOfCancel = "exit.before-note-of-cancel"
    /// The first sale of an exit is submitted, and others may be missing.
    case exitAfterSale = "exit.after-sale"
    /// The sales of an exit are submitted, and nobody has written down which.
    case exitBeforeNote = "exit.before-note"
    case exitBeforeComplete = "exit.before-complete"

    case repairSubmitBeforeCommit = "repair-submit.before-commit"
    case repairSubmitAfterCommit = "repair-submit.after-commit"
    case repairSubmitAfterPublish = "repair-submit.after-publish"

    /// What is open of a trade is being cancelled, and nobody has written down that it is an undo.
    case undoBeforeNote = "undo.before-note"
    case undoAfterNote = "undo.after-note"
    case undoConfirmBeforeCommit = "undo-confirm.before-commit"
    case undoConfirmAfterCommit = "undo-confirm.after-commit"
    case undoConfirmAfterPublish = "undo-confirm.after-publish"

    case approveBeforeCommit = "approve.before-commit"
    case approveAfterCommit = "approve.after-commit"
    case approveAfterPublish = "approve.after-publish"

    case basketSubmitBeforeCommit = "basket-submit.before-commit"
    case basketSubmitAfterCommit = "basket-submit.after-commit"
    case basketSubmitAfterPublish = "basket-submit.after-publish"
    /// Purchases that waited for sales may go, and no message tells of them yet.
    case releaseBeforePublish = "release.before-publish"
    case releaseAfterPublish = "release.after-publish"

    case completeBeforeCommit = "complete.before-commit"
    case completeAfterCommit = "complete.after-commit"

    /// What is due was taken, and no message tells of it yet.
    case sweepBeforePublish = "sweep.before-publish"
    case sweepAfterPublish = "sweep.after-publish"

    private struct Trap {
        let failpoint: Failpoint
        var passesLeft: Int
        let action: @Sendable () -> Void
    }

    private static let isArmed = Atomic(false)
    private static let trap = Mutex<Trap?>(nil)
    private static let watcher = Mutex<(@Sendable (Failpoint) -> Void)?>(nil)

    /// Says that the process has come to this place.
    package func pass() {
        guard Self.isArmed.load(ordering: .relaxed) else { return }
        springTrap()
    }

    /// From now on, the `pass`-th time that anybody comes to the place, `action` is called there, once.
    package static func arm(
        _ failpoint: Failpoint,
        atPass pass: Int,
        action: @escaping @Sendable () -> Void
    ) {
        precondition(pass > 0, "passes are counted from 1")
        trap.withLock { $0 = Trap(failpoint: failpoint, passesLeft: pass, action: action) }
        isArmed.store(true, ordering: .relaxed)
    }

    /// From now on, `watch` hears of every place that anybody comes to, and may do there what it likes.
    package static func watch(_ watch: @escaping @Sendable (Failpoint) -> Void) {
        watcher.withLock { $0 = watch }
        isArmed.store(true, ordering: .relaxed)
    }

    /// The place just before a message of this kind is acknowledged.
    static func beforeAcknowledging(_ message: QueueMessage) -> Failpoint {
        switch message {
        case .plan: .planBeforeAck
        case .order, .orderLater, .orders, .ordersLater: .executeBeforeAck
        case .doubt: .doubtBeforeAck
        case .look: .fillBeforeAck
        case .cancel: .cancelBeforeAck
        case .modify: .modifyBeforeAck
        }
    }

    private func springTrap() {
        Self.watcher.withLock(\.self)?(self)
        let action: (@Sendable () -> Void)? = Self.trap.withLock { trap in
            guard trap?.failpoint == self else { return nil }
            trap?.passesLeft -= 1
            guard let due = trap, due.passesLeft == 0 else { return nil }
            trap = nil
            return due.action
        }
        action?()
    }
}
