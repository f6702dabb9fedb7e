import HTTPClient
import JSON
import StackTesting
import Testing

/// The OpenAPI document that a running API serves, and how each of its operations can be asked.
struct ServedDocument {
    /// One line of the document.
    struct Operation: CustomStringConvertible {
        let method: String
        let path: String
        /// The scope that an API key must have; nil where nobody needs to be logged in.
        let scope: String?
        let filters: [String]
        /// The media type of the body, and its schema.
        let body: (type: String, schema: JSONValue)?

        var description: String { "\(method) \(path)" }
        /// Whether the path names a row; a broker's name is nobody's.
        var namesRow: Bool { path.contains("{") && !path.contains("{broker}") }
    }

    let operations: [Operation]
    private let schemas: JSONValue

    init(_ stack: Stack) async throws {
        let api = try #require(stack.environment["VOLLEY_API_URL"])
        let answer = try await stack.client.send(
            HTTPRequest(method: "GET", url: api + "/openapi.json")
        )
        let document = try JSONValue(parsing: answer.body)
        schemas = try #require(document["components"]?["schemas"])
        let paths = try #require(document["paths"]?.object)
        operations = paths.flatMap { path, methods in
            (methods.object ?? JSONObject()).map { Self.operation(path, $0.key, $0.value) }
        }
        try #require(operations.count > 100)
    }

    private static func operation(_ path: String, _ method: String, _ line: JSONValue) -> Operation
    {
        let scope = line["security"]?.array?.compactMap { $0["api_key"]?[0]?.string }.first
        let filters = (line["parameters"]?.array ?? [])
            .filter { $0["in"]?.string == "query" }.compactMap { $0["name"]?.string }
        let content = line["requestBody"]?["content"]?.object?.first
        return Operation(
            method: method.uppercased(),
            path: path,
            scope: scope,
            filters: filters,
            body: content.flatMap { type, content in content["schema"].map { (type, $0) } }
        )
    }

    /// Bodies for an operation: with all its fields, with what it must have, with each field that
    /// names somebody alone beside that, with each word of an enumeration, an empty one, and none.
    func bodies(_ operation: Operation, naming named: [String: JSONValue]) -> [String?] {
        guard let body = operation.body else { return [nil, "{}"] }
        guard body.type == "application/json" else {
            return [nil, "", "code,name,capital,broker,broker_client_id\nX1,X,5,dhan,2200000001\n"]
        }
        let shape = resolved(body.schema)
        var properties = shape["properties"]?.object ?? JSONObject()
        // What names nobody must not go through: it would be an honest trade of the stranger's own.
        if !properties.contains(where: { named[$0.key] != nil && $0.key != "symbol" }) {
            properties = JSONObject(
                properties.filter { $0.key != "symbol" }.map { ($0.key, $0.value) }
            )
        }
        let required = Set(shape["required"]?.array?.compactMap(\.string) ?? [])
        let whole = object(properties, named) { _ in true }
        let least = object(properties, named) { required.contains($0) }
        let each = properties.map(\.key).filter { named[$0] != nil && !required.contains($0) }
            .map { name in object(properties, named) { required.contains($0) || $0 == name } }
        var words: [String] = []
        for (name, property) in properties {
            for word in resolved(property)["enum"]?.array ?? [] {
                words.append(
                    object(properties, named, [name: word]) {
                        required.contains($0) || $0 == name || named[$0] != nil
                    }
                )
            }
        }
        return [nil, "{}", whole, least] + each + words
    }

    private func object(
        _ properties: JSONObject,
        _ named: [String: JSONValue],
        _ chosen: [String: JSONValue] = [:],
        where isWanted: (String) -> Bool
    ) -> String {
        let members = properties.filter { isWanted($0.key) }.map { name, shape in
            (name, chosen[name] ?? named[name] ?? sample(shape, name, named))
        }
        return JSONValue.object(JSONObject(members)).text
    }

    private func sample(_ shape: JSONValue, _ name: String, _ named: [String: JSONValue])
        -> JSONValue
    {
        let shape = resolved(shape)
        if let first = shape["enum"]?.array?.first { return first }
        if shape["format"]?.string == "date-time" { return "2030-01-01T00:00:00+05:30" }
        if shape["format"]?.string == "date" { return "2030-01-01" }
        if shape["pattern"] != nil { return shape["default"] ?? "1" }
        switch shape["type"]?.string ?? shape["type"]?.array?.first?.string {
        case "integer": return 1
        case "boolean": return true
        case "array": return .array([sample(shape["items"] ?? .null, name, named)])
        case "object":
            let members = (shape["properties"]?.object ?? JSONObject()).map { inner, shape in
                (inner, named[inner] ?? sample(shape, inner, named))
            }
            return .object(JSONObject(members))
        default: return "sample@example.com"
        }
    }

    private func resolved(_ shape: JSONValue) -> JSONValue {
        guard let name = shape["$ref"]?.string?.split(separator: "/").last else { return shape }
        return schemas[String(name)] ?? .null
    }
}
