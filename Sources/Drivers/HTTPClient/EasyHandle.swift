import CCurl

/// A libcurl handle that carries one transfer at a time, and is used again.
///
/// libcurl's callbacks get the handle as an unretained pointer: the loop must hold it for as long
/// as it is part of a multi handle.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let message: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private(set) var transfer: Transfer?
    /// What the options are set for; nil: for nothing that can be relied on.
    private var kind: TransferKind?
    private var url: String?

    init() {
        guard let pointer = curl_easy_init() else { preconditionFailure("curl_easy_init failed") }
        self.pointer = pointer
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headers)
        message.deallocate()
    }

    /// Sets the options for this transfer.
    ///
    /// All of them after another kind of transfer or one that failed, and else only those that
    /// differ: they are a good part of what a request costs.
    func carry(
        _ transfer: Transfer,
        for milliseconds: Int,
        _ configuration: HTTPClientConfiguration
    ) {
        self.transfer = transfer
        transfer.handle = self
        message[0] = 0
        let request = transfer.request
        let kind = TransferKind(transfer)
        if kind != self.kind {
            curl_easy_reset(pointer)
            setAlways(configuration)
            setKind(kind)
            self.kind = kind
            url = nil
        }
        if request.url != url {
            set(CURLOPT_URL, request.url)
            url = request.url
        }
        if transfer.isStream {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, max(1, Int(request.timeout.components.seconds)))
        } else {
            set(CURLOPT_TIMEOUT_MS, max(1, milliseconds))
        }
        if kind.content != .none { setBody(request.body ?? []) }
        setHeaders(request)
    }

    /// What is the same for every transfer of the client.
    private func setAlways(_ configuration: HTTPClientConfiguration) {
        setCallbacks()
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 16 << 10)
        set(CURLOPT_USERAGENT, configuration.userAgent)
        let idleSeconds = configuration.idleTimeout.components.seconds
        set(CURLOPT_MAXAGE_CONN, max(1, Int(idleSeconds)))
        setTrust(configuration)
    }

    private func setKind(_ kind: TransferKind) {
        let connect = LoopClock.nanoseconds(kind.connectTimeout) / 1_000_000
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(connect)))
        setEgress(kind.egress)
        setMethod(kind)
    }

    /// Forgets the transfer; the handle must not be part of a multi handle any more.
    ///
    /// - Parameter isSound: whether it ended well.
    func putDown(isSound: Bool) {
        if !isSound { kind = nil }
        transfer?.handle = nil
        transfer = nil
    }

    /// The status of the answer, or 0.
    var status: Int { ccurl_info_long(pointer, CURLINFO_RESPONSE_CODE) }

    /// How many connections this transfer had to open.
    var connectionsOpened: Int { ccurl_info_long(pointer, CURLINFO_NUM_CONNECTS) }

    /// What went wrong, in libcurl's words.
    func reason(for code: CURLcode) -> String {
        message[0] != 0 ? String(cString: message) : String(cString: curl_easy_strerror(code))
    }

    static func of(_ pointer: UnsafeMutableRawPointer) -> EasyHandle? {
        ccurl_private(pointer).map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
    }

    private func setTrust(_ configuration: HTTPClientConfiguration) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, configuration.verifyTLS ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, configuration.verifyTLS ? 2 : 0)
        if let file = configuration.caFile { set(CURLOPT_CAINFO, file) }
    }

    /// The proxy is always set, were it to none: else the environment's would be taken.
    private func setEgress(_ egress: Egress?) {
        set(CURLOPT_NOPROXY, "")
        switch egress {
        case nil: set(CURLOPT_PROXY, "")
        case .address(let address):
            set(CURLOPT_PROXY, "")
            set(CURLOPT_INTERFACE, "host!" + address)
        case .proxy(let url):
            set(CURLOPT_PROXY, url)
            set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        }
    }

    private func setMethod(_ kind: TransferKind) {
        if kind.content != .none {
            set(CURLOPT_POST, 1)
            if kind.method != "POST" { set(CURLOPT_CUSTOMREQUEST, kind.method) }
        } else if kind.method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        } else {
            set(CURLOPT_HTTPGET, 1)
            if kind.method != "GET" { set(CURLOPT_CUSTOMREQUEST, kind.method) }
        }
    }

    /// Gives libcurl a copy of a short body, which then leaves in one write with the header lines.
    ///
    /// That halves the system calls of an order, and no order is cut between head and body.
    /// Longer bodies are read piece by piece, see `Transfer.copyBody`.
    private func setBody(_ body: [UInt8]) {
        ccurl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        guard TransferKind.content(body) == .whole else { return }
        body.withUnsafeBytes { bytes in
            let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            let code = ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start)
            precondition(code == CURLE_OK, "libcurl did not copy a body")
        }
    }

    private func setHeaders(_ request: HTTPRequest) {
        curl_slist_free_all(headers)
        headers = curl_slist_append(nil, "Expect:")
        var hasType = false
        for (name, value) in request.headers {
            // An empty value is spelled with a semicolon; a colon alone would take the line away.
            append(value.isEmpty ? name + ";" : name + ": " + value)
            hasType = hasType || name.lowercased() == "content-type"
        }
        // Else libcurl calls any posted body a web form.
        if !hasType { append("Content-Type:") }
        ccurl_set_pointer(pointer, CURLOPT_HTTPHEADER, headers)
    }

    private func append(_ line: String) {
        // A failed append gives nil and leaves the list alone: only memory can lack.
        guard let longer = curl_slist_append(headers, line) else {
            preconditionFailure("out of memory")
        }
        headers = longer
    }

    private func set(_ option: CURLoption, _ number: Int) {
        let code = ccurl_set_long(pointer, option, number)
        precondition(code == CURLE_OK, "libcurl refused option \(option.rawValue)")
    }

    private func set(_ option: CURLoption, _ text: String) {
        let code = ccurl_set_text(pointer, option, text)
        precondition(code == CURLE_OK, "libcurl refused option \(option.rawValue)")
    }
}

extension EasyHandle {
    private func setCallbacks() {
        ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, message)
        ccurl_set_callbacks(
            pointer,
            Unmanaged.passUnretained(self).toOpaque(),
            { data, size, count, context in
                EasyHandle.transfer(context)?.copyBody(to: data, room: size * count) ?? 0
            },
            { context, offset, origin in
                EasyHandle.transfer(context)?.rewind(to: offset, origin: origin)
                    ?? CURL_SEEKFUNC_FAIL
            },
            { data, size, count, context in
                guard let handle = EasyHandle.handle(context), let transfer = handle.transfer else {
                    return 0
                }
                let piece = UnsafeRawBufferPointer(start: data, count: size * count)
                return transfer.receiveBody(piece, status: handle.status) ? size * count : 0
            },
            { data, size, count, context in
                let line = UnsafeRawBufferPointer(start: data, count: size * count)
                return EasyHandle.transfer(context)?.receiveHead(line) == true ? size * count : 0
            },
            { context, _, _, _, _ in
                EasyHandle.transfer(context)?.mayDepart() == true
                    ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }
        )
    }

    private static func handle(_ context: UnsafeMutableRawPointer?) -> EasyHandle? {
        context.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        handle(context)?.transfer
    }
}

extension Transfer {
    /// Gives libcurl the next bytes of the request's body.
    fileprivate func copyBody(to data: UnsafeMutablePointer<CChar>?, room: Int) -> Int {
        guard let data, let body = request.body else { return 0 }
        let count = min(room, body.count - bodySent)
        body.withUnsafeBytes { bytes in
            let piece = UnsafeRawBufferPointer(rebasing: bytes[bodySent..<(bodySent + count)])
            UnsafeMutableRawBufferPointer(start: data, count: count).copyMemory(from: piece)
        }
        bodySent += count
        return count
    }

    /// Lets libcurl send the body again, but only of a request that may be repeated.
    fileprivate func rewind(to offset: curl_off_t, origin: CInt) -> CInt {
        guard request.repeatable, origin == SEEK_SET, let body = request.body,
            offset >= 0, offset <= body.count
        else { return CURL_SEEKFUNC_FAIL }
        bodySent = Int(offset)
        return CURL_SEEKFUNC_OK
    }
}
