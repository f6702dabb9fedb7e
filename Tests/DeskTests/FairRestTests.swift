import Desk
import Testing

@Suite struct FairRestTests {
    @Test(arguments: [
        (0, 250, 250), (12, 250, 250), (13, 250, 260), (200, 250, 4_000), (60_000, 250, 5_000),
        (60_000, 8_000, 8_000), (-3_600_000, 250, 250),
    ])
    func `work rests twenty times as long as it took, within bounds`(
        work: Int,
        interval: Int,
        rest: Int
    ) {
        let found = FairRest.after(.milliseconds(work), atLeast: .milliseconds(interval))
        #expect(found == .milliseconds(rest))
    }
}
