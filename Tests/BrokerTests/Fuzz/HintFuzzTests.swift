import Desk
import Dhan
import Fuzzing
import Groww
import Testing
import Trading
import Upstox
import Zerodha

/// Postbacks and order streams: nobody knows who writes them.
@Suite("Fuzz: postbacks and order streams", .timeLimit(.minutes(60)))
struct HintFuzzTests {
    private static let samples = [
        """
        {"dhanClientId":"1000000003","orderId":"112111182198","correlationId":"VABC123",
        "orderStatus":"TRADED","quantity":5,"price":3.345,"omsErrorDescription":"a \\"b\\""}
        """,
        """
        {"Data":{"Exchange":"NSE","OrderNo":"1124091136546","CorrelationId":"VABC123",
        "Status":"Traded","TradedQty":1},"Type":"order_alert"}
        """,
        """
        {"user_id":"AB1234","order_id":"220303000308932","status":"COMPLETE","tag":"VABC123",
        "order_timestamp":"2022-03-03 09:24:25","filled_quantity":1,"tags":["VABC123"],
        "checksum":"2011845d9348bd6795151bf4258102a03431e3bb12a79c0df73fcb4b7fde4b5d"}
        """,
        """
        {"type":"order","data":{"order_id":"1","status":"UPDATE","tag":"VABC123",
        "filled_quantity":3}}
        """,
        """
        {"update_type":"order","order_id":"240108010445130","tag":"VABC123","quantity":1,
        "status":"complete","filled_quantity":1}
        """,
    ]

    private static let readers: [(name: String, reader: any HintReader)] = [
        ("dhan", DhanHints()), ("zerodha", ZerodhaHints()),
        ("zerodha-signed", ZerodhaHints(apiSecret: Secret("api-secret"))),
        ("upstox", UpstoxHints()),
    ]

    @Test("A message gives references that could be ours, or none", arguments: readers.indices)
    func hints(_ index: Int) async {
        let (name, reader) = Self.readers[index]
        let mutator = Mutator(Self.samples, .json)
        let found = await FuzzRun("hints-\(name)", cases: 20_000).run { random in
            let message = mutator.input(&random)
            let strange = reader.references(in: message).first { reference in
                let isPlain = reference.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                        UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
                return !isPlain || !(1...64).contains(reference.utf8.count)
            }
            return strange.map { "\($0.debugDescription) of \(FuzzRun.shown(message))" }
        }
        #expect(found == nil, "\(found ?? "")")
    }

    @Test("Groww's message gives ids and codes that could be ones, or none")
    func numbers() async {
        func text(_ field: UInt8, _ text: String) -> [UInt8] {
            // Numbers of fields above 15 take a second byte.
            (field < 16 ? [field << 3 | 2] : [field << 3 & 0x7F | 0x82, field >> 4])
                + [UInt8(text.utf8.count)] + Array(text.utf8)
        }
        let detail =
            [0x08, 5, 0x20, 3] + text(7, "GMK39038RDT490CCVRO") + [0x48, 6, 0x58, 1]
            + text(22, "INE002A01018")
        let sample = text(1, "x") + [0x12, UInt8(detail.count)] + detail
        let reader = GrowwHints(client: "1000000001")
        let foreign = BrokerHint.foreignOrder(client: "1000000001", code: "INE002A01018")
        #expect(reader.hints(in: sample) == [.numbered("GMK39038RDT490CCVRO"), foreign])
        let mutator = Mutator([sample], .bytes)
        let found = await FuzzRun("hints-groww", cases: 20_000).run { random in
            let message = mutator.input(&random)
            let strange = reader.hints(in: message).first { hint in
                let name: String
                switch hint {
                case .numbered(let id): name = id
                case .foreignOrder(_, let code): name = code
                case .order, .conditional: return true
                }
                return !(1...64).contains(name.utf8.count)
                    || !name.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF)
                    }
            }
            return strange.map { "\($0) of \(FuzzRun.shown(message))" }
        }
        #expect(found == nil, "\(found ?? "")")
    }
}
