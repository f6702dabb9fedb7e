import Testing
import Trading

@Suite("Conditional orders: states")
struct ConditionalStateTests {
    @Test("Nothing is ever sent a second time")
    func sentOnce() {
        for state in ConditionalState.allCases where state != .ready {
            #expect(state.after(.sendingStarted) == nil, "\(state)")
        }
    }

    @Test("Only proof that nothing left this machine makes one ready again")
    func readyAgain() {
        let events: [ConditionalEvent] =
            [
                .sendingStarted, .accepted, .refused, .unanswered, .provenAbsent, .cancelAsked,
                .cancelRefused,
            ] + ConditionalReport.Status.allCases.map(ConditionalEvent.reported)
        for state in ConditionalState.allCases {
            for event in events { #expect(state.after(event) != .ready, "\(state) \(event)") }
        }
        #expect(ConditionalState.sending.after(.notSent) == .ready)
        #expect(ConditionalState.unknown.after(.notSent) == nil)
    }

    @Test("What is unknown stays so until the list tells")
    func unknown() {
        #expect(ConditionalState.unknown.after(.unanswered) == .unknown)
        #expect(ConditionalState.unknown.after(.refused) == nil)
        #expect(ConditionalState.unknown.after(.cancelAsked) == nil)
        #expect(ConditionalState.unknown.after(.provenAbsent) == .rejected)
        #expect(ConditionalState.unknown.after(.reported(.waiting)) == .waiting)
        #expect(ConditionalState.unknown.after(.reported(.triggered)) == .triggered)
    }

    @Test("An end is never left", arguments: ConditionalState.allCases.filter(\.isFinal))
    func ends(_ state: ConditionalState) {
        for status in ConditionalReport.Status.allCases {
            #expect(state.after(.reported(status)) == state)
        }
        #expect(state.after(.cancelAsked) == nil)
    }

    @Test("A list that is behind takes nothing back")
    func behind() {
        #expect(ConditionalState.entered.after(.reported(.waiting)) == .entered)
        #expect(ConditionalState.cancelRequested.after(.reported(.waiting)) == .cancelRequested)
        #expect(ConditionalState.cancelRequested.after(.reported(.triggered)) == .triggered)
    }

    @Test("Cancelled before it was sent, it is never sent")
    func cancelledBefore() {
        #expect(ConditionalState.ready.after(.cancelAsked) == .cancelled)
    }
}
