import JSON

@testable import Web

extension FuzzedAPI {
    /// A request for every operation of the OpenAPI document, made of its schemas: so a new route is
    /// tried from its first day, also where nobody wrote a sample for it.
    static var fromSchemas: [Sample] {
        OpenAPIOperations.all.map { operation in
            let segments = operation.path.split(separator: "/").map { segment in
                segment == "{broker}" ? "dhan" : segment.hasPrefix("{") ? "1" : String(segment)
            }
            var sample = Sample(
                method: operation.method,
                path: "/" + segments.joined(separator: "/"),
                query: operation.parameters.filter { $0.1 == "query" }.map { ($0.0, "1") },
                type: operation.bodyType
            )
            if let body = operation.body, let schema = OpenAPISchemas.all[body] {
                sample.body = String(decoding: value(schema).serialized(), as: UTF8.self)
            }
            return sample
        }
        // Its answer comes only once every order is placed, which nobody does here.
        .filter { $0.path != "/api/admin/execute-order" }
    }

    /// Some value of a schema.
    private static func value(_ schema: JSONValue, _ depth: Int = 0) -> JSONValue {
        if depth > 6 { return .null }
        if let reference = schema["$ref"]?.string?.split(separator: "/").last {
            return OpenAPISchemas.all[String(reference)].map { value($0, depth + 1) } ?? .null
        }
        if let one = schema["enum"]?.array?.first ?? schema["examples"]?.array?.first { return one }
        for key in ["oneOf", "anyOf", "allOf"] {
            if let one = schema[key]?.array?.first { return value(one, depth + 1) }
        }
        switch schema["type"]?.string ?? schema["type"]?[0]?.string {
        case "object":
            var object = JSONObject()
            for member in schema["properties"]?.object ?? JSONObject() {
                object.append(member.key, value(member.value, depth + 1))
            }
            return .object(object)
        case "array": return [value(schema["items"] ?? .null, depth + 1)]
        case "integer", "number": return 1
        case "boolean": return true
        case "string" where schema["format"]?.string == "date-time":
            return "2026-11-23T09:15:00+05:30"
        default: return "text"
        }
    }
}
