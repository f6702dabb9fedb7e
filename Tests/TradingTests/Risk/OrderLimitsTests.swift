import Testing
import Trading

@Suite struct OrderLimitsTests {
    private func basis(
        sent: Int = 0,
        position: Int64 = 0,
        loss: Int64 = 0
    ) -> LimitBasis {
        LimitBasis(
            capital: Money(paise: 1_000_000),
            sentLately: sent,
            position: Money(paise: position),
            dayLoss: Money(paise: loss)
        )
    }

    private func limits(_ change: (inout OrderLimits) -> Void) -> OrderLimits {
        var limits = OrderLimits()
        change(&limits)
        return limits
    }

    @Test("Without a limit everything goes")
    func none() {
        #expect(OrderLimits().isEmpty)
        let wild = basis(sent: 1_000, position: 1 << 40, loss: 1 << 40)
        #expect(OrderLimits().breach(.buy, worth: Money(paise: 1 << 40), wild) == nil)
    }

    @Test("Each limit lets what reaches it go, and stops what passes it")
    func edges() {
        let pace = limits { $0.ordersPerMinute = 3 }
        #expect(pace.breach(.sell, worth: .zero, basis(sent: 2)) == nil)
        #expect(pace.breach(.sell, worth: .zero, basis(sent: 3))?.reason == .limitOrdersPerMinute)
        let value = limits { $0.maximumOrderValue = Money(paise: 100) }
        #expect(value.breach(.sell, worth: Money(paise: 100), basis()) == nil)
        #expect(value.breach(.sell, worth: Money(paise: 101), basis())?.reason == .limitOrderValue)
        let position = limits { $0.positionPart = BasisPoints(1_000) }
        let held = basis(position: 60_000)
        #expect(position.breach(.buy, worth: Money(paise: 40_000), held) == nil)
        #expect(position.breach(.buy, worth: Money(paise: 40_001), held)?.reason == .limitPosition)
        let loss = limits { $0.maximumDayLoss = Money(paise: 500) }
        #expect(loss.breach(.buy, worth: .zero, basis(loss: 499)) == nil)
        #expect(loss.breach(.buy, worth: .zero, basis(loss: 500))?.reason == .limitDayLoss)
        let part = limits { $0.maximumDayLossPart = BasisPoints(100) }
        #expect(part.breach(.buy, worth: .zero, basis(loss: 9_999)) == nil)
        #expect(part.breach(.buy, worth: .zero, basis(loss: 10_000))?.reason == .limitDayLoss)
    }

    @Test("Neither a loss nor a position keeps anybody from selling")
    func exits() {
        let all = limits {
            $0.positionPart = BasisPoints(1)
            $0.maximumDayLoss = Money(paise: 1)
            $0.maximumDayLossPart = BasisPoints(1)
        }
        let worst = basis(position: 1 << 40, loss: 1 << 40)
        #expect(all.breach(.sell, worth: Money(paise: 1 << 40), worst) == nil)
    }

    @Test("Of two sets of limits the stricter of each kind holds")
    func both() {
        let left = limits {
            $0.ordersPerMinute = 5
            $0.maximumOrderValue = Money(paise: 10)
        }
        let right = limits {
            $0.ordersPerMinute = 3
            $0.positionPart = BasisPoints(7)
        }
        let both = left.and(right)
        #expect(both == right.and(left))
        #expect(both.ordersPerMinute == 3 && both.maximumOrderValue == Money(paise: 10))
        #expect(both.positionPart == BasisPoints(7) && both.maximumDayLoss == nil)
    }
}
