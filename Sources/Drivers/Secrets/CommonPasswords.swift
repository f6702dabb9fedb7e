/// What guessers try first, as lists of stolen passwords show again and again.
///
/// Only what is long enough to be chosen at all stands in `whole`; `words` are what people put digits
/// and signs around.
enum CommonPasswords {
    static let words: Set<String> = [
        "abcd", "access", "admin", "administrator", "andheri", "angrezi", "asdfgh", "asdfghjkl",
        "asdfghjk", "ashok", "aurangzeb", "azerty", "bahubali", "bangalore", "baseball", "batman",
        "bengaluru", "bharat", "bhagwan", "bombay", "broker", "changeme", "charlie", "chennai",
        "chocolate", "computer", "corporate", "cricket", "default", "delhi", "demo", "dhan",
        "dhoni", "dragon", "facebook", "finance", "football", "forever", "freedom", "friends",
        "ganesh", "google", "groww", "gujarat", "guest", "hanuman", "hello", "helloworld",
        "hyderabad", "hunter", "iloveindia", "iloveyou", "india", "indian", "internet", "invest",
        "investor", "jaihind", "jaimatadi", "jaishreeram", "jesus", "kolkata", "krishna",
        "krishnaa", "letmein", "login", "lovely", "mahadev", "manager", "market", "master",
        "michael", "money", "monkey", "mumbai", "mustang", "namaste", "nifty", "office", "omsairam",
        "option", "pass", "passcode", "passphrase", "passwd", "password", "pokemon", "portfolio",
        "princess", "profit", "pune", "qazwsx", "qazwsxedc", "qwerty", "qwertyui", "qwertyuiop",
        "radhakrishna", "root", "sachin", "saibaba", "samsung", "secret", "secure", "security",
        "sensex", "server", "shadow", "shares", "shivaji", "soccer", "srikrishna", "starwars",
        "stock", "stocks", "summer", "sunshine", "superman", "superstar", "support", "sweety",
        "system", "tendulkar", "test", "testing", "trade", "trader", "trading", "trustno", "upstox",
        "user", "vande", "virat", "volley", "welcome", "whatever", "winter", "zerodha", "zxcvbn",
        "zxcvbnm",
    ]

    static let whole: Set<String> = [
        "0987654321qw", "012345678910", "1122334455667788", "112233445566", "121212121212",
        "123123123123", "123321123321", "1234512345123", "123456123456", "1234567654321",
        "123456789abc", "123456789000", "1234567890ab", "1234567890qw", "12345678901",
        "1234567890qwerty", "123456789qwe", "123456789123", "12345678987654321", "12344321123",
        "123qweasdzxc", "147258369000", "159753456852", "1a2b3c4d5e6f", "1q2w3e4r5t6y",
        "1q2w3e4r5t6y7u", "1q2w3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i9o0p", "1qa2ws3ed4rf",
        "1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "1qaz1qaz1qaz", "1qazxsw23edc", "1qazxsw2!qaz",
        "789456123000", "963852741000", "987654321000", "9876543210123", "a1b2c3d4e5f6",
        "aa123456789", "abc123456789", "abcd12345678", "abcdef123456", "adgjmptwadgj",
        "asdfghjkl123", "asdfghjkl;'", "asdf1234asdf", "basketball12", "batterystaple",
        "correcthorsebatterystaple", "correct horse battery staple", "dontforgetme",
        "hellohellohello", "ilovemyfamily", "ilovemymother", "iloveyouforever", "iloveyousomuch",
        "letmeinplease", "liverpoolfc1", "manchesterunited", "mynameiskhan", "nopasswordhere",
        "opensesame12", "passwordpassword", "q1w2e3r4t5y6", "q1w2e3r4t5y6u7i8", "qazwsxedcrfv",
        "qazwsxedcrfvtgb", "qwaszxqwaszx", "qweasdzxc123", "qweqweqweqwe", "qwer1234qwer",
        "qwerty123456", "qwertyasdfgh", "qwertyuiop[]", "qwertyuiop123", "qwertyuiopasdfghjkl",
        "qwertyuiopasdfghjklzxcvbnm", "thequickbrownfox", "thisismypassword", "unbelievable",
        "whatismypassword", "zaq12wsxcde3", "zaq1xsw2cde3", "zxcvbnm12345", "zxcvbnmasdfgh",
        "!qaz2wsx3edc", "!qaz@wsx#edc",
    ]
}
