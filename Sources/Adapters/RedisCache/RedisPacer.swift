package import Desk
package import Redis
package import Trading

/// Counts each account's calls across all workers, in calendar windows as the brokers count them.
///
/// One script call takes for a whole batch. Without Redis the workers share each limit by their
/// places in the roster, and one without a place makes no call: slower, never above. What Redis had
/// counted in the minute, hour or day in which it was lost is not known to them.
package struct RedisPacer: Pacer {
    private let redis: RedisClient
    private let prefix: String
    private let alone: LocalPacer

    package init(
        redis: RedisClient,
        prefix: String = "",
        roster: (any WorkerRoster)? = nil,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.redis = redis
        self.prefix = prefix
        alone = LocalPacer(roster: roster, now: now)
    }

    package func take(_ requests: [PaceRequest]) async -> [PaceAnswer] {
        let arguments = requests.map { request in
            let windows = request.limits.map { ":\($0.seconds)=\($0.calls)" }.joined()
            // Reads of an account are a subject of their own.
            let subject = "\(request.account)" + (request.purpose == .read ? "r" : "")
            return RedisArgument("\(request.broker.rawValue):\(subject)\(windows)")
        }
        guard
            let reply = try? await redis.run(Self.script, keys: [prefix], arguments: arguments),
            case .array(let waits) = reply, waits.count == requests.count
        else { return alone.take(requests) }
        alone.noteSharedCount()
        return waits.map { wait in
            guard let milliseconds = wait.integer, milliseconds > 0 else { return .now }
            return .after(.milliseconds(min(milliseconds, Self.longestWait)))
        }
    }

    package func pause(_ account: AccountID, broker: BrokerName, for duration: Duration) async {
        let milliseconds = Self.milliseconds(duration)
        let key = "\(prefix)pace:\(broker.rawValue):\(account):pause"
        _ = try? await redis.command(
            ["SET", RedisArgument(key), "1", "PX", RedisArgument(String(milliseconds))]
        )
        alone.pause(account, for: duration)
    }

    /// No broker counts by more than a day; whatever lies in Redis, nobody waits longer.
    private static let longestWait: Int64 = 86_400_000

    /// The duration in whole milliseconds, at least one, rounded up.
    static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return max(1, seconds * 1_000 + rest)
    }

    /// Windows begin by Indian clocks, as the brokers' do: half past by others' hours.
    ///
    /// Each argument is `broker:account:seconds=calls:…`; the answer for each is milliseconds to wait.
    /// A subject's windows lie in one key, `seconds=start=used;…`, which lives until the longest is
    /// over: one read and one write for each call, and one key for each account.
    private static let script = RedisScript(
        """
        local time = redis.call('TIME')
        local now = tonumber(time[1])
        local milliseconds = now * 1000 + math.floor(tonumber(time[2]) / 1000)
        local answers = {}
        for i, argument in ipairs(ARGV) do
          local key = KEYS[1] .. 'pace:' .. string.match(argument, '^([^:]+:[^:]+)')
          local found = redis.call('MGET', key, key .. ':pause')
          local wait = found[2] and redis.call('PTTL', key .. ':pause') or 0
          local counted = {}
          for seconds, start, used in string.gmatch(found[1] or '', '(%d+)=(%d+)=(%d+);') do
            counted[seconds] = {tonumber(start), tonumber(used)}
          end
          for seconds, calls in string.gmatch(argument, ':(%d+)=(%d+)') do
            local width = tonumber(seconds)
            local start = now - (now + 19800) % width
            local window = counted[seconds]
            if not window or window[1] ~= start then window = {start, 0} end
            if window[2] >= tonumber(calls) then
              wait = math.max(wait, (start + width) * 1000 - milliseconds)
            end
            counted[seconds] = {start, window[2] + 1}
          end
          if wait > 0 then
            answers[i] = wait
          else
            local kept, last = {}, now
            for seconds, window in pairs(counted) do
              local over = window[1] + tonumber(seconds)
              if over > now then
                kept[#kept + 1] = string.format('%s=%d=%d;', seconds, window[1], window[2])
                last = math.max(last, over)
              end
            end
            if #kept > 0 then
              redis.call('SET', key, table.concat(kept), 'EX', last - now + 1)
            end
            answers[i] = 0
          end
        end
        return answers
        """
    )
}
