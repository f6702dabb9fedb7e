/// The parameters of one statement in PostgreSQL's binary form, in one run of bytes.
///
/// Used again for each statement of a connection, so a call allocates nothing once it is warm.
final class ParameterBuffer {
    /// What is kept from call to call; more goes back after the call that needed it.
    private static let kept = 1 << 20

    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0
    /// Where each value begins; -1 for NULL.
    private var offsets: [Int] = []
    private var lengths: [CInt] = []
    private var formats: [CInt] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    init(capacity: Int = 4096) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Replaces what it held by these values.
    func load(_ values: [PostgresValue]) {
        shrink()
        count = 0
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for value in values {
            let start = count
            if case .null = value {
                offsets.append(-1)
            } else {
                append(value)
                offsets.append(start)
            }
            lengths.append(CInt(count - start))
            formats.append(value.isText ? 0 : 1)
        }
    }

    /// Lends what libpq wants: number, values, lengths and formats of the parameters.
    func withParameters<R>(
        _ body: (
            CInt, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<CInt>?, UnsafePointer<CInt>?
        ) -> R
    ) -> R {
        pointers.removeAll(keepingCapacity: true)
        // Only now: the bytes may have moved while they grew.
        for offset in offsets {
            pointers.append(
                offset < 0
                    ? nil
                    : UnsafePointer((base + offset).assumingMemoryBound(to: CChar.self))
            )
        }
        let number = CInt(pointers.count)
        return pointers.withUnsafeBufferPointer { pointers in
            lengths.withUnsafeBufferPointer { lengths in
                formats.withUnsafeBufferPointer { formats in
                    body(number, pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
                }
            }
        }
    }

    private func append(_ value: PostgresValue) {
        switch value {
        case .null: break
        case .bool(let value): byte(value ? 1 : 0)
        case .int(let value): integer(value)
        case .text(let text), .json(let text):
            self.text(text)
            byte(0)
        case .bytes(let bytes): self.bytes(bytes)
        case .timestamp(let time): integer(PostgresEpoch.toServer(microseconds: time))
        case .date(let days): integer(PostgresEpoch.toServer(days: days))
        case .ints(let values): integers(values, of: TypeID.int8) { $0 }
        case .optionalInts(let values): optionalIntegers(values, of: TypeID.int8) { $0 }
        case .timestamps(let times):
            integers(times, of: TypeID.timestamptz, PostgresEpoch.toServer(microseconds:))
        case .optionalTimestamps(let times):
            optionalIntegers(times, of: TypeID.timestamptz, PostgresEpoch.toServer(microseconds:))
        case .texts(let values):
            header(of: TypeID.text, count: values.count, holdsNull: false)
            for value in values { element { text(value) } }
        case .optionalTexts(let values):
            header(of: TypeID.text, count: values.count, holdsNull: true)
            for value in values {
                if let value { element { text(value) } } else { integer(Int32(-1)) }
            }
        case .bools(let values):
            header(of: TypeID.bool, count: values.count, holdsNull: false)
            for value in values { element { byte(value ? 1 : 0) } }
        case .byteArrays(let values):
            header(of: TypeID.bytea, count: values.count, holdsNull: false)
            for value in values { element { bytes(value) } }
        }
    }

    // MARK: Arrays

    private func header(of type: UInt32, count: Int, holdsNull: Bool) {
        integer(Int32(count == 0 ? 0 : 1))
        integer(Int32(holdsNull ? 1 : 0))
        integer(type)
        guard count > 0 else { return }
        integer(Int32(count))
        // The first element's index.
        integer(Int32(1))
    }

    /// One element with its length before it.
    private func element(_ write: () -> Void) {
        let start = count
        integer(Int32(0))
        write()
        let length = Int32(count - start - 4).bigEndian
        base.storeBytes(of: length, toByteOffset: start, as: Int32.self)
    }

    /// The commonest arrays, in one pass over reserved bytes.
    private func integers(_ values: [Int64], of type: UInt32, _ encode: (Int64) -> Int64) {
        header(of: type, count: values.count, holdsNull: false)
        reserve(12 * values.count)
        var next = base + count
        for value in values {
            next.storeBytes(of: Int32(8).bigEndian, as: Int32.self)
            next.storeBytes(of: encode(value).bigEndian, toByteOffset: 4, as: Int64.self)
            next += 12
        }
        count += 12 * values.count
    }

    private func optionalIntegers(_ values: [Int64?], of type: UInt32, _ encode: (Int64) -> Int64) {
        header(of: type, count: values.count, holdsNull: true)
        reserve(12 * values.count)
        for value in values {
            guard let value else {
                integer(Int32(-1))
                continue
            }
            integer(Int32(8))
            integer(encode(value))
        }
    }

    // MARK: Bytes

    private func integer(_ value: some FixedWidthInteger & BitwiseCopyable) {
        let size = value.bitWidth / 8
        reserve(size)
        base.storeBytes(of: value.bigEndian, toByteOffset: count, as: type(of: value))
        count += size
    }

    private func byte(_ value: UInt8) {
        reserve(1)
        base.storeBytes(of: value, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    private func bytes(_ values: [UInt8]) {
        values.withUnsafeBytes { copy($0) }
    }

    private func text(_ text: String) {
        let copied: Void? = text.utf8.withContiguousStorageIfAvailable {
            copy(UnsafeRawBufferPointer($0))
        }
        if copied == nil { bytes(Array(text.utf8)) }
    }

    private func copy(_ source: UnsafeRawBufferPointer) {
        guard let address = source.baseAddress, !source.isEmpty else { return }
        reserve(source.count)
        (base + count).copyMemory(from: address, byteCount: source.count)
        count += source.count
    }

    private func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        move(to: max(capacity * 2, count + more))
    }

    private func shrink() {
        guard capacity > Self.kept else { return }
        count = 0
        move(to: Self.kept)
    }

    private func move(to size: Int) {
        let bigger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        bigger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = bigger
        capacity = size
    }
}
