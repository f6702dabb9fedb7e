import Testing
import Trading

@Suite struct ReasonTests {
    @Test("Every reason has a stable code in snake case", arguments: Reason.allCases)
    func codes(reason: Reason) {
        #expect(!reason.rawValue.isEmpty)
        #expect(reason.rawValue.utf8.allSatisfy { $0 == 95 || (97...122).contains($0) })
    }

    @Test("Every reason reads as one sentence", arguments: Reason.allCases)
    func sentences(reason: Reason) {
        let sentence = reason.sentence
        #expect(sentence.first?.isUppercase == true)
        #expect(sentence.last == ".")
        #expect(sentence.filter { $0 == "." }.count == 1)
        #expect(!sentence.contains("\n"))
    }

    @Test("A sale that its client must authorise is told apart by the broker's words, and only it")
    func saleAuthorisation() {
        for words in [
            "eDIS approval is needed", "Generate T-PIN first", "RMS: TPIN not verified",
            "no DDPI for this client", "authorise at CDSL",
        ] {
            #expect(
                Reason.told(by: words, of: .sell, usual: .brokerRefused) == .saleNotAuthorised
            )
            #expect(Reason.told(by: words, of: .buy, usual: .brokerRefused) == .brokerRefused)
        }
        for words in [nil, "", "RMS:Insufficient holdings", "not authorised for this segment"] {
            #expect(
                Reason.told(by: words, of: .sell, usual: .brokerRejected) == .brokerRejected
            )
        }
    }

    @Test("No two reasons read alike")
    func distinct() {
        #expect(Set(Reason.allCases.map(\.sentence)).count == Reason.allCases.count)
    }
}
