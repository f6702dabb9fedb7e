import CMicroHTTPD
import Glibc

/// The C functions that the library calls on its I/O threads.
enum Callbacks {
    /// Called for the head, for each piece of the body, at its end, and after each resume.
    static let access:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafeMutablePointer<Int>?,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> MHD_Result = { context, connection, url, method, _, upload, uploadSize, slot in
            guard let context, let connection, let url, let method, let uploadSize, let slot else {
                return .NO
            }
            guard let known = slot.pointee else {
                let engine = Unmanaged<Engine>.fromOpaque(context).takeUnretainedValue()
                let exchange = engine.exchange(
                    connection,
                    method: String(cString: method),
                    rawPath: bytes(of: url)
                )
                // Released by `completed`, which the library calls once for each request whose
                // head has come here, also where this returns `NO`.
                slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
                return verdict(exchange.begin(), exchange, connection)
            }
            let exchange = Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
            guard uploadSize.pointee > 0 else {
                return verdict(exchange.advance(), exchange, connection)
            }
            let piece = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
            uploadSize.pointee = 0
            return verdict(exchange.receive(piece), exchange, connection)
        }

    /// Called once for each request, when its answer is sent or its connection is lost.
    static let completed:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
            MHD_RequestTerminationCode
        ) -> Void = { _, _, slot, _ in
            guard let known = slot?.pointee else { return }
            slot?.pointee = nil
            Unmanaged<Exchange>.fromOpaque(known).takeRetainedValue().completed()
        }

    private static func verdict(
        _ step: Exchange.Step,
        _ exchange: Exchange,
        _ connection: OpaquePointer
    ) -> MHD_Result {
        switch step {
        case .goOn: .YES
        case .close: .NO
        case .answer:
            exchange.takeAnswer().map { response, writer in
                Answer.queue(
                    response,
                    writer,
                    on: connection,
                    with: exchange.engine.headers,
                    closing: exchange.engine.exchanges.isDraining,
                    logger: exchange.engine.logger
                )
            } ?? .NO
        }
    }

    private static func bytes(of text: UnsafePointer<CChar>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(
            start: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self),
            count: strlen(text)
        )
    }
}
