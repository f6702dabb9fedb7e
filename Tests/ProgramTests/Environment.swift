/// Settings that a process starts with.
enum Environment {
    static let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static let password = "correct-horse-battery"

    static let good = [
        "VOLLEY_DATABASE_URL": "postgresql://volley:\(password)@127.0.0.1:5432/volley",
        "VOLLEY_AMQP_URL": "amqp://volley:\(password)@127.0.0.1:5672/volley",
        "VOLLEY_REDIS_URL": "redis://:\(password)@127.0.0.1:6379/0",
        "VOLLEY_LISTEN": "127.0.0.1:8080", "VOLLEY_METRICS_LISTEN": "[::1]:9090",
        "VOLLEY_SECRET_KEY": key, "VOLLEY_LIVE": "no", "VOLLEY_MARKET_HOURS": "exchange",
        "VOLLEY_SANDBOX_URL": "http://127.0.0.1:9100",
        "VOLLEY_DHAN_URL": "http://127.0.0.1:9100/dhan/v2",
        "VOLLEY_DHAN_STREAM_URL": "ws://127.0.0.1:9101/dhan", "VOLLEY_ZERODHA_APP_KEY": "app",
        "VOLLEY_ZERODHA_APP_SECRET_FILE": "/run/secrets/kite",
        "VOLLEY_PUBLIC_URL": "https://volley.example/", "VOLLEY_DATABASE_POOL": "8",
        "VOLLEY_WORKER_SLOTS": "512", "VOLLEY_LEASE_SECONDS": "60", "VOLLEY_DOUBT_SCALE": "1",
        "VOLLEY_RECONCILE_SECONDS": "300", "VOLLEY_GRACE_SECONDS": "30", "VOLLEY_LOG_LEVEL": "info",
        "VOLLEY_FAILPOINT": "", "VOLLEY_UPSTOX_ORDERS_URL": "http://localhost:9100/upstox",
    ]
}
