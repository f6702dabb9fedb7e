package import Trading

extension Price {
    /// The price that a feed tells as a binary fraction of a rupee: the nearest whole paisa, which is
    /// what the exchange had; nil for what is no price.
    ///
    /// Shares have no finer prices; a single-precision number holds paise up to ₹80,000 without a
    /// doubt and above to the nearest.
    package init?(fraction rupees: Double) {
        guard rupees > 0, rupees < 10_000_000 else { return nil }
        self.init(raw: Int64((rupees * 100).rounded()) * 100)
        guard raw > 0 else { return nil }
    }
}
