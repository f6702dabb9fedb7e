/// What a bulk trade takes of the order book, held against what the book shows.
///
/// It warns and never refuses: a book shows a part of what would trade, and changes by the second.
package struct DepthCheck: Sendable, Equatable {
    /// How the two stand to each other.
    package enum Standing: String, Sendable, CaseIterable {
        /// The book shows at least as much as the trade takes.
        case fits
        /// The book shows some of it, at the trade's price.
        case tooLarge = "too_large"
        /// The book shows something, but nothing of it at the trade's price.
        case nothingWithinLimit = "nothing_within_limit"
        /// Nobody stands on the other side.
        case nobodyThere = "nobody_there"
        /// Orders that wait for their trigger meet a book that nobody knows yet.
        case waitsForTrigger = "waits_for_trigger"
        /// Nobody tells the book.
        case unknown
    }

    /// Shares of all the trade's orders that go to the exchange.
    package let needed: Quantity
    /// Shares that are shown at the trade's price or better; nil where no book is known.
    package let shown: Quantity?
    package let standing: Standing

    package init(_ terms: OrderTerms, needed: Quantity, in depth: MarketDepth?) {
        self.needed = needed
        // An order at the market has its broker's band, which no document puts in numbers.
        let shown = depth?.quantity(facing: terms.side, within: terms.price)
        self.shown = shown
        guard let depth, let shown else {
            standing = .unknown
            return
        }
        standing =
            if terms.trigger != nil {
                .waitsForTrigger
            } else if needed <= shown {
                .fits
            } else if shown > .zero {
                .tooLarge
            } else {
                depth.levels(facing: terms.side).isEmpty ? .nobodyThere : .nothingWithinLimit
            }
    }

    /// How many times the shown quantity is needed, rounded up to a tenth, such as `3.5`; nil where
    /// nothing is shown.
    package var times: String? {
        guard let shown, shown > .zero else { return nil }
        let (tenths, rest) = shown.raw.dividingFullWidth(needed.raw.multipliedFullWidth(by: 10))
        let rounded = rest > 0 ? tenths + 1 : tenths
        return "\(rounded / 10).\(rounded % 10)"
    }

    /// What should be known before the trade is placed; nil where it fits.
    package func warning(for terms: OrderTerms) -> String? {
        let limit = terms.price.map { " at \($0) or \(terms.side == .buy ? "less" : "more")" } ?? ""
        let others = terms.side == .buy ? "offered" : "wanted"
        switch standing {
        case .fits: return nil
        case .tooLarge:
            return
                "The trade's \(needed) shares are \(times ?? "many") times the \(shown ?? .zero) "
                + "that the best levels of the order book show \(others)\(limit)."
        case .nothingWithinLimit:
            return
                "Nothing is \(others)\(limit): none of the trade's \(needed) shares would trade at once."
        case .nobodyThere: return "Nothing at all is \(others) now."
        case .waitsForTrigger:
            return "What will be \(others) when the trigger is reached is not known."
        case .unknown: return "How much is \(others) is not known."
        }
    }
}
