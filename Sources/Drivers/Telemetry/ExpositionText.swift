/// The text format 0.0.4 of Prometheus, line by line.
struct ExpositionText {
    private(set) var bytes: [UInt8] = []

    mutating func begin(_ header: MetricHeader) {
        append("# HELP \(header.name) ")
        append(escaping: header.help, quotes: false)
        append("\n# TYPE \(header.name) \(header.kind)\n")
    }

    mutating func sample(_ name: String, labels: [String], values: [String], _ number: String) {
        append(name)
        for (index, label) in labels.enumerated() {
            append(index == 0 ? "{" : ",")
            append(label)
            append("=\"")
            append(escaping: values[index], quotes: true)
            append("\"")
        }
        append(labels.isEmpty ? " " : "} ")
        append(number)
        append("\n")
    }

    static func number(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        return "\(number)"
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func append(escaping text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append(#"\\"#)
            case UInt8(ascii: "\n"): append(#"\n"#)
            case UInt8(ascii: "\"") where quotes: append(#"\""#)
            default: bytes.append(byte)
            }
        }
    }
}
