import JSON

/// Makes inputs that nobody would send in good faith, from samples that somebody would.
package struct Mutator: Sendable {
    /// What the samples are made of.
    package enum Shape: Sendable {
        case bytes, json
        /// Lines of cells with this between them.
        case table(UInt8)
        /// Lines of cells with commas between them.
        package static var csv: Shape { .table(UInt8(ascii: ",")) }
    }

    private let samples: [[UInt8]]
    private let values: [JSONValue?]
    private let shape: Shape

    /// A mutator of samples, of which there must be one at least.
    package init(_ samples: [[UInt8]], _ shape: Shape) {
        precondition(!samples.isEmpty, "there is nothing to mutate")
        self.samples = samples
        self.shape = shape
        if case .json = shape {
            values = samples.map { try? JSONValue(parsing: $0) }
        } else {
            values = samples.map { _ in nil }
        }
    }

    /// A mutator of texts.
    package init(_ samples: [String], _ shape: Shape) {
        self.init(samples.map { Array($0.utf8) }, shape)
    }

    /// The next input; of ten one is a sample as it is, so that what is good is met too.
    package func input(_ random: inout FuzzRandom) -> [UInt8] {
        input(from: random.below(samples.count), &random)
    }

    /// The same, from the sample at this place.
    package func input(from place: Int, _ random: inout FuzzRandom) -> [UInt8] {
        let sample = samples[place]
        if random.chance(10) { return sample }
        let bytes = ByteMutator(samples: samples)
        guard random.chance(65) else { return bytes.mutated(sample, &random) }
        let changed: [UInt8]
        switch shape {
        case .bytes: return bytes.mutated(sample, &random)
        case .table(let separator):
            changed = TableMutator(separator: separator).mutated(sample, &random)
        case .json:
            guard let value = values[place] else { return bytes.mutated(sample, &random) }
            let mutator = JSONMutator(samples: values.compactMap { $0 })
            changed = mutator.mutated(value, &random).serialized()
        }
        return random.chance(15) ? bytes.mutated(changed, &random) : changed
    }
}
