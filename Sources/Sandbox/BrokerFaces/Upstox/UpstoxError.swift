/// Upstox's errors (upstox.md §9): one number, perhaps with several meanings, and words.
///
/// Few statuses are documented; where none is, it is 400 here.
struct UpstoxError: Error, Equatable {
    let status: Int
    let code: String
    let message: String

    init(_ number: Int, _ message: String, status: Int = 400) {
        self.init(code: "UDAPI\(number)", message, status: status)
    }

    init(code: String, _ message: String, status: Int) {
        self.status = status
        self.code = code
        self.message = message
    }

    // MARK: Who calls

    static let token = UpstoxError(100050, "Invalid token used to access API", status: 401)
    static let credentials = UpstoxError(100016, "Invalid Credentials", status: 401)
    static let loginInput = UpstoxError(100068, "Check your 'client_id' and 'redirect_uri'")
    static let address = UpstoxError(
        1154,
        "Access to this API has been blocked due to static IP restrictions",
        status: 403
    )
    static let tooManyCalls = UpstoxError(10005, "Too Many Request Sent", status: 429)
    static let unknownPath = UpstoxError(10000, "Request Path is not supported", status: 404)

    // MARK: What is asked

    static let input = UpstoxError(100036, "Invalid Input")
    static let body = UpstoxError(100038, "Invalid input passed to the API")
    static let noOrder = UpstoxError(100010, "Order not found")
    static let nothingTagged = UpstoxError(100060, "Resource not found", status: 404)
    static let noInstrument = UpstoxError(100011, "Invalid instrument")
    static let badKey = UpstoxError(1011, "The 'instrument_token' is of an invalid format")
    static let noOrderID = UpstoxError(1023, "The 'order_id' is required")
    static let badOrderID = UpstoxError(1010, "The 'order_id' is of an invalid format")
    static let tooManyKeys = UpstoxError(100043, "Too many instrument keys")

    // MARK: When it is asked

    static let marketClosed = UpstoxError(100057, "The market is closed")
    static let orderHours = UpstoxError(
        100074,
        "The order API is accessible from 5:30 AM to 12:00 AM IST"
    )
    static let fundHours = UpstoxError(
        100072,
        "The funds service is accessible from 5:30 AM to 12:00 AM IST",
        status: 423
    )

    static let other = UpstoxError(100500, "Something went wrong", status: 500)
}
