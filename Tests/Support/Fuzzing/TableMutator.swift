/// Changes tables of lines and cells, such as CSV, as tables.
struct TableMutator {
    let separator: UInt8

    /// The table with one to three changes somewhere in it.
    func mutated(_ bytes: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map {
                $0.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
            }
        for _ in 0...random.below(3) where !lines.isEmpty { change(&lines, &random) }
        let text = lines.map { Array($0.joined(separator: [separator])) }
        return Array(text.joined(separator: [UInt8(ascii: "\n")]))
    }

    private func change(_ lines: inout [[[UInt8]]], _ random: inout FuzzRandom) {
        let line = random.below(lines.count)
        guard !lines[line].isEmpty else {
            lines.remove(at: line)
            return
        }
        let cell = random.below(lines[line].count)
        switch random.below(12) {
        case 0: lines.remove(at: line)
        case 1: lines += Array(repeating: lines[line], count: 1 + random.below(5))
        case 2: lines.swapAt(line, random.below(lines.count))
        case 3: lines[line].remove(at: cell)
        case 4: lines[line].insert(lines[line][cell], at: cell)
        case 5: lines[line].swapAt(cell, random.below(lines[line].count))
        case 6: lines[line][cell] = [UInt8(ascii: "\"")] + lines[line][cell]
        case 7:
            let quote = [UInt8(ascii: "\"")]
            lines[line][cell] = quote + Array(random.pick(HostileText.words).utf8) + quote
        default:
            let texts = random.chance(60) ? HostileText.numbers : HostileText.all
            lines[line][cell] = Array(random.pick(texts).utf8)
        }
    }
}
