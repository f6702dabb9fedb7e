package import Desk

extension InstrumentList {
    /// A list whose listings are there already, and that ends with a failure where there is one.
    package init(_ listings: [InstrumentListing], endingWith failure: BrokerFailure? = nil) {
        self.init { () throws(BrokerFailure) in
            ArrayReader(rest: listings[...], failure: failure)
        }
    }
}

private struct ArrayReader: InstrumentReader {
    var rest: ArraySlice<InstrumentListing>
    let failure: BrokerFailure?

    mutating func next() throws(BrokerFailure) -> InstrumentListing? {
        if let listing = rest.popFirst() { return listing }
        if let failure { throw failure }
        return nil
    }
}
