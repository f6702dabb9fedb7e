/// Finds the route of a request: a tree of path segments, literal ones before parameters.
struct Router: Sendable {
    enum Match {
        case route(HTTPRoute, parameters: [String: String])
        case refused(HTTPRefusal)
    }

    private struct Node {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var routes: [String: HTTPRoute] = [:]
    }
    private var nodes = [Node()]

    init(_ routes: [HTTPRoute]) {
        for route in routes { insert(route) }
    }

    /// The route for a path given as decoded segments.
    ///
    /// Where a literal path does not have the method, a path with parameters may.
    func match(method: String, segments: [String]) -> Match {
        var allowed: Set<String> = []
        if let route = search(method, segments[...], from: 0, &allowed) {
            return .route(route, parameters: parameters(of: route, in: segments))
        }
        guard allowed.isEmpty else {
            if allowed.contains("GET") { allowed.insert("HEAD") }
            return .refused(.methodNotAllowed(allowed: allowed.sorted()))
        }
        return .refused(.notFound)
    }

    private mutating func insert(_ route: HTTPRoute) {
        var node = 0
        for segment in route.segments {
            node = child(of: node, for: segment)
        }
        precondition(
            nodes[node].routes[route.method] == nil,
            "two routes for \(route.method) \(route.pattern)"
        )
        nodes[node].routes[route.method] = route
    }

    private mutating func child(of node: Int, for segment: HTTPRoute.Segment) -> Int {
        let new = nodes.count
        switch segment {
        case .literal(let text):
            if let known = nodes[node].literals[text] { return known }
            nodes[node].literals[text] = new
        case .parameter:
            if let known = nodes[node].parameter { return known }
            nodes[node].parameter = new
        }
        nodes.append(Node())
        return new
    }

    private func search(
        _ method: String,
        _ rest: ArraySlice<String>,
        from node: Int,
        _ allowed: inout Set<String>
    ) -> HTTPRoute? {
        guard let segment = rest.first else {
            let routes = nodes[node].routes
            if let route = routes[method] ?? (method == "HEAD" ? routes["GET"] : nil) {
                return route
            }
            allowed.formUnion(routes.keys)
            return nil
        }
        if let next = nodes[node].literals[segment],
            let route = search(method, rest.dropFirst(), from: next, &allowed)
        {
            return route
        }
        // An empty segment (two slashes in a row) is nobody's value.
        guard let next = nodes[node].parameter, !segment.isEmpty else { return nil }
        return search(method, rest.dropFirst(), from: next, &allowed)
    }

    private func parameters(of route: HTTPRoute, in segments: [String]) -> [String: String] {
        var found: [String: String] = [:]
        for (segment, value) in zip(route.segments, segments) {
            if case .parameter(let name) = segment { found[name] = value }
        }
        return found
    }
}
