/// Numbers that were measured several times, in order.
struct Sample: Sendable {
    private let sorted: [Double]

    init(_ values: [Double]) { sorted = values.sorted() }

    var count: Int { sorted.count }
    var minimum: Double { sorted.first ?? 0 }
    var maximum: Double { sorted.last ?? 0 }
    var median: Double { percentile(50) }

    /// The smallest value that is no less than so many percent of all.
    func percentile(_ percent: Int) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let rank = (sorted.count * percent + 99) / 100
        return sorted[max(0, min(sorted.count, rank) - 1)]
    }
}

extension Double {
    /// So many decimals, thousands apart.
    func text(_ decimals: Int = 0) -> String {
        guard isFinite, magnitude < 1e15 else { return "–" }
        let scale = (0..<decimals).reduce(Int64(1)) { power, _ in power * 10 }
        let scaled = Int64((magnitude * Double(scale)).rounded())
        var whole = String(scaled / scale)
        var groups: [String] = []
        while whole.count > 3 {
            groups.insert(String(whole.suffix(3)), at: 0)
            whole.removeLast(3)
        }
        groups.insert(whole, at: 0)
        let fraction = String(scaled % scale + scale).dropFirst()
        let sign = self < 0 && scaled > 0 ? "-" : ""
        return sign + groups.joined(separator: ",") + (decimals > 0 ? "." + fraction : "")
    }
}

extension Duration {
    /// Milliseconds with their fraction.
    var milliseconds: Double { self / .milliseconds(1) }
}
