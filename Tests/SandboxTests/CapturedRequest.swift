import FoundationEssentials
import JSON

/// One line of the capture of what a broker's official SDK sends.
struct CapturedRequest {
    let number: Int64
    let call: String
    let method: String
    let target: String
    let headers: [(name: String, value: String)]
    let body: String

    static func all(
        _ broker: String,
        _ name: String = "sdk-requests",
        file: String = #filePath
    ) throws -> [CapturedRequest] {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/" + folder + "/BrokerTests/Payloads/\(broker)/\(name).jsonl"
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        return try contents.split(separator: UInt8(ascii: "\n")).map {
            try CapturedRequest(JSONValue(parsing: Array($0)))
        }
    }

    private init(_ line: JSONValue) throws {
        number = line["seq"]?.int64 ?? 0
        call = line["call"]?.string ?? ""
        method = line["method"]?.string ?? ""
        target = line["target"]?.string ?? ""
        body = line["body"]?.string ?? ""
        headers = (line["headers"]?.array ?? []).map { pair in
            (name: pair[0]?.string ?? "", value: pair[1]?.string ?? "")
        }
    }
}
