/// How a quantity above the exchange's freeze quantity becomes several orders.
///
/// Each is an order of its own with its own intent, attempt, reference and fence, so that it is placed
/// once and looked for by itself. The brokers' own slicing calls (Dhan `/orders/slicing`, Upstox
/// `slice`, Kite `autoslice`) make several orders of one call under one reference: of a lost answer
/// nobody could say how many there are.
package enum OrderSlices {
    /// Into so many orders a client's order is cut at most.
    package static let most = 100

    /// The largest quantity that ``most`` orders can have.
    package static func largest(freeze: Quantity?, lot: Quantity) -> Quantity? {
        freeze.map { Quantity($0.wholeLots(of: lot).raw * Int64(most)) }
    }

    /// The quantities, in whole lots and all but the last as large as may be.
    ///
    /// - Returns: nil where there would be more than ``most``.
    package static func cut(_ quantity: Quantity, freeze: Quantity?, lot: Quantity) -> [Quantity]? {
        guard let freeze, quantity > freeze else { return [quantity] }
        let largest = freeze.wholeLots(of: lot)
        guard largest > .zero, (quantity.raw - 1) / largest.raw < Int64(most) else { return nil }
        var slices: [Quantity] = []
        var rest = quantity
        while rest > .zero {
            let slice = min(rest, largest)
            slices.append(slice)
            rest = rest - slice
        }
        return slices
    }
}
