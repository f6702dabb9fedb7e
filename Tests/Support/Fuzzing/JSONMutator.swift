import JSON

/// Changes JSON as JSON: what comes out is well-formed and means something else.
struct JSONMutator {
    let samples: [JSONValue]

    /// The value with one to three changes somewhere in it.
    func mutated(_ value: JSONValue, _ random: inout FuzzRandom) -> JSONValue {
        var value = value
        for _ in 0...random.below(3) { value = changed(value, &random) }
        return value
    }

    private func changed(_ value: JSONValue, _ random: inout FuzzRandom) -> JSONValue {
        switch value {
        case .object(let object) where !object.isEmpty && random.chance(88):
            return .object(changed(object, &random))
        case .array(let array) where !array.isEmpty && random.chance(80):
            return .array(changed(array, &random))
        default: return replacement(for: value, &random)
        }
    }

    private func changed(_ object: JSONObject, _ random: inout FuzzRandom) -> JSONObject {
        let place = random.below(object.count)
        let member = object[place]
        var object = object
        switch random.below(12) {
        case 0: object[member.key] = nil
        case 1:
            let other = object[random.below(object.count)]
            object[member.key] = other.value
        case 2:
            object[member.key] = nil
            object[random.pick(HostileText.words)] = member.value
        case 3: object[random.pick(HostileText.all)] = hostile(&random)
        default: object[member.key] = changed(member.value, &random)
        }
        return object
    }

    private func changed(_ array: [JSONValue], _ random: inout FuzzRandom) -> [JSONValue] {
        let place = random.below(array.count)
        var array = array
        switch random.below(8) {
        case 0: array.remove(at: place)
        case 1: array += Array(repeating: array[place], count: 1 + random.below(12))
        case 2: array.insert(hostile(&random), at: place)
        case 3: array.swapAt(place, random.below(array.count))
        default: array[place] = changed(array[place], &random)
        }
        return array
    }

    private func replacement(for value: JSONValue, _ random: inout FuzzRandom) -> JSONValue {
        switch value {
        case .number where random.chance(60): return number(&random)
        // Brokers write numbers as text too.
        case .string where random.chance(50):
            return .string(random.pick(random.chance(60) ? HostileText.numbers : HostileText.all))
        default: return hostile(&random)
        }
    }

    private func number(_ random: inout FuzzRandom) -> JSONValue {
        let text = random.pick(HostileText.numbers)
        return JSONNumber(text).map(JSONValue.number) ?? .string(text)
    }

    private func hostile(_ random: inout FuzzRandom) -> JSONValue {
        switch random.below(9) {
        case 0: return .null
        case 1: return .bool(random.chance(50))
        case 2: return number(&random)
        case 3: return [] as JSONValue
        case 4: return [:] as JSONValue
        case 5: return nested(1 + random.below(70), &random)
        case 6 where !samples.isEmpty: return random.pick(samples)
        default: return .string(random.pick(HostileText.all))
        }
    }

    private func nested(_ depth: Int, _ random: inout FuzzRandom) -> JSONValue {
        var value = number(&random)
        for _ in 0..<depth { value = random.chance(50) ? [value] : ["a": value] }
        return value
    }
}
