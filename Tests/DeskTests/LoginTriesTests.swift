import Desk
import Testing
import Trading

@Suite("How long whoever guesses must wait") struct LoginTriesTests {
    private let start = Timestamp(microseconds: 1_795_408_200_000_000)

    @Test("The first tries are free, then each pause is twice the one before, up to an hour")
    func pauses() {
        var tries = LoginTries(lastAt: start)
        var now = start
        var pauses: [Int64] = []
        for _ in 0..<22 {
            #expect(tries.wait(at: now) == nil)
            tries.take(at: now, freeTries: 10)
            let wait = tries.wait(at: now) ?? .zero
            pauses.append(wait.components.seconds)
            now = now.advanced(by: wait)
        }
        #expect(pauses.prefix(9).allSatisfy { $0 == 0 })
        #expect(Array(pauses[9...16]) == [30, 60, 120, 240, 480, 960, 1_920, 3_600])
        #expect(pauses[17...].allSatisfy { $0 == 3_600 })
    }

    @Test("A pause ends at its time, and not before")
    func ends() {
        var tries = LoginTries(lastAt: start)
        tries.take(at: start, freeTries: 1)
        #expect(tries.wait(at: start.advanced(by: .milliseconds(29_999))) != nil)
        #expect(tries.wait(at: start.advanced(by: .seconds(30))) == nil)
    }

    @Test("Whoever was right gives the try back; a day without any is forgiven")
    func forgiveness() {
        var tries = LoginTries(lastAt: start)
        for _ in 0..<9 { tries.take(at: start, freeTries: 10) }
        tries.take(at: start, freeTries: 10)
        tries.giveBack()
        #expect(tries.failures == 9 && tries.wait(at: start) == nil)
        let later = start.advanced(by: .seconds(86_400))
        tries.take(at: later, freeTries: 10)
        #expect(tries.failures == 1 && tries.wait(at: later) == nil)
    }

    @Test(
        "What was typed in a name's place is kept where it is a name, and never what may be a password",
        arguments: [
            ("trader@example.com", true, true), ("admin", true, true),
            ("nobody@example.com", false, true), ("a.b-c_d+e@x.co.in", false, true),
            ("Tr0ub4dor&3", false, false), ("p@ss w0rd.1", false, false),
            ("p@ssw0rd", false, false),
            ("@example.com", false, false), ("a@b.", false, false), ("a@b@c.d", false, false),
            ("a@.com", false, false), ("né@example.com", false, false), ("", false, false),
        ]
    )
    func names(typed: String, isKnown: Bool, isKept: Bool) {
        #expect(FailedLogin.name(typed, isKnown: isKnown) == (isKept ? typed : nil))
    }
}
