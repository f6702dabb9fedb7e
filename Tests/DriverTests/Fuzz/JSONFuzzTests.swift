import CSV
import Fuzzing
import JSON
import Testing

/// Texts from outside, before anybody asks what they mean.
@Suite("Fuzz: JSON and CSV", .timeLimit(.minutes(60)))
struct JSONFuzzTests {
    private static let samples = [
        #"{"a":[1,-2.5e3,"x\u20b9\n",null,true,false,{}],"b":{"c":[]},"price":"2950.05"}"#,
        #"[{"orderId":"112111182198","quantity":5,"tag":null},[[[["deep"]]]]]"#,
        #""\ud83d\ude00 \\ \" \/ \b\f\n\r\t""#, "-0.0e-10", " [ ] ",
        #"{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"k10":10,"#
            + #""k11":11,"k12":12,"k13":13,"k14":14,"k15":15,"k16":16,"k17":17,"k18":18}"#,
    ]

    @Test func `what is read as JSON is written and read again as the same`() async {
        let mutator = Mutator(Self.samples, .json)
        let found = await FuzzRun("json", cases: 60_000).run { random in
            let text = mutator.input(&random)
            let value: JSONValue
            do throws(JSONSyntaxError) {
                value = try JSONValue(parsing: text)
            } catch {
                let isInside = (0...text.count).contains(error.offset) && !error.reason.isEmpty
                return isInside ? nil : "\(error) of \(FuzzRun.shown(text))"
            }
            guard String(validating: text, as: UTF8.self) != nil else {
                return "JSON that is no UTF-8: \(FuzzRun.shown(text))"
            }
            let again = try JSONValue(parsing: value.serialized())
            return again == value ? nil : "another value: \(FuzzRun.shown(text))"
        }
        #expect(found == nil, "\(found ?? "")")
    }

    @Test func `nesting is bounded, however deep the text goes`() async {
        let found = await FuzzRun("json-depth", cases: 300).run { random in
            let depth = 1 + random.below(100_000)
            let open = random.chance(50) ? "[" : #"{"a":"#
            let text = Array(String(repeating: open, count: depth).utf8)
            let value = try? JSONValue(parsing: text, maximumDepth: 64)
            return value == nil ? nil : "a value of nothing but beginnings"
        }
        #expect(found == nil, "\(found ?? "")")
    }

    @Test func `a number is scaled as its digits say, or not at all`() async {
        let found = await FuzzRun("json-numbers", cases: 60_000).run { random in
            let text = Self.number(&random)
            guard let number = JSONNumber(text) else { return "\(text) is no number" }
            let places = random.below(5)
            guard let scaled = number.scaled(places) else { return nil }
            // The same again from its own digits, with nothing lost.
            let (whole, rest) = scaled.magnitude.quotientAndRemainder(
                dividingBy: Self.power(places)
            )
            let digits = String(String(rest + Self.power(places)).dropFirst())
            let written = (scaled < 0 ? "-" : "") + "\(whole)" + (places == 0 ? "" : "." + digits)
            return JSONNumber(written)?.scaled(places) == scaled ? nil : "\(text) became \(written)"
        }
        #expect(found == nil, "\(found ?? "")")
    }

    private static func power(_ places: Int) -> UInt64 {
        (0..<places).reduce(1) { power, _ in power * 10 }
    }

    private static func number(_ random: inout FuzzRandom) -> String {
        let numbers = HostileText.numbers.filter { JSONNumber($0) != nil }
        if random.chance(50) { return random.pick(numbers) }
        let mantissa = String(random.below(1_000_000)) + "." + String(random.below(1_000_000))
        return mantissa + (random.chance(50) ? "" : "e\(random.below(60) - 30)")
    }

    @Test func `every record of a CSV text begins on a line of its own, and none is made up`() async
    {
        let samples = [
            "code,name,capital\nA,\"Rao, Asha\",100.00\nB,\"say \"\"hi\"\"\",5\r\n",
            "a,b\n\"multi\nline\",2\n\n,\n", "\u{FEFF}x\n1",
        ]
        let mutator = Mutator(samples, .csv)
        let found = await FuzzRun("csv", cases: 30_000).run { random in
            let text = mutator.input(&random)
            var records = CSVRecords(text)
            var last = 0
            var bytes = 0
            while let record = records.next() {
                guard record.line > last else { return "line \(record.line) after \(last)" }
                last = record.line
                bytes += record.fields.reduce(0) { $0 + min($1.utf8.count, text.count) }
            }
            // Each stray byte may become a replacement character of three.
            return bytes <= text.count * 3 ? nil : "more text than there was"
        }
        #expect(found == nil, "\(found ?? "")")
    }
}
