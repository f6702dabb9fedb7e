import Testing

@testable import Trading

@Suite("Slices of an order")
struct OrderSlicesTests {
    @Test("What one order takes is one slice; what is above is cut, and nothing is lost")
    func cut() throws {
        #expect(
            OrderSlices.cut(Quantity(20), freeze: Quantity(20), lot: Quantity(1)) == [Quantity(20)]
        )
        #expect(OrderSlices.cut(Quantity(7), freeze: nil, lot: Quantity(1)) == [Quantity(7)])
        var random = Seeded(seed: 5)
        for _ in 0..<5_000 {
            let lot = Quantity(.random(in: 1...30, using: &random))
            let freeze = Quantity(.random(in: lot.raw...1_000, using: &random))
            let quantity = Quantity(lot.raw * .random(in: 1...2_000, using: &random))
            guard let slices = OrderSlices.cut(quantity, freeze: freeze, lot: lot) else {
                let largest = freeze.wholeLots(of: lot).raw
                #expect((quantity.raw - 1) / largest >= Int64(OrderSlices.most))
                continue
            }
            #expect(slices.reduce(.zero, +) == quantity && slices.count <= OrderSlices.most)
            #expect(slices.allSatisfy { $0 <= freeze && $0.raw % lot.raw == 0 && $0 > .zero })
        }
    }

    @Test("More slices than may be made are none")
    func tooMany() {
        let most = Int64(OrderSlices.most)
        let cut = { OrderSlices.cut(Quantity($0), freeze: Quantity(10), lot: Quantity(1))?.count }
        #expect(cut(10 * most) == OrderSlices.most && cut(10 * most + 1) == nil)
    }
}
