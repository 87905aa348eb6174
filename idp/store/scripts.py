"""The one-line scripts that Redis runs: each is one atomic step, judged by the caller's clock.

A moment is one string: expiry in milliseconds (16 digits), length of the person's id (4 digits), the id, the value.
Redis's own expiry only clears away what is dead for SWEEP_AFTER. Not for Redis Cluster: a script also touches the
person's index, whose key it makes itself.
"""

LIVE = """
local function live(now)
  local row = redis.call('GET', KEYS[1])
  if row and tonumber(string.sub(row, 1, 16)) > tonumber(now) then return row end
  return false
end
local function write(row, expires, person, now, kept)
  local left = math.max(1, expires - now) + kept
  redis.call('SET', KEYS[1], row, 'PX', left)
  if person ~= '' then
    local index = ARGV[1] .. person
    redis.call('ZREMRANGEBYSCORE', index, '-inf', now - kept)
    redis.call('ZADD', index, expires, KEYS[1])
    if redis.call('PTTL', index) < left then redis.call('PEXPIRE', index, left) end
  end
end
"""

PUT = (
    LIVE
    + """
-- ARGV: index prefix, now, kept, expires, person, row
if live(ARGV[2]) then return 0 end
write(ARGV[6], tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[2]), tonumber(ARGV[3]))
return 1
"""
)

TAKE = (
    LIVE
    + """
-- ARGV: now
local row = live(ARGV[1])
if row then redis.call('DEL', KEYS[1]) end
return row
"""
)

SWAP = (
    LIVE
    + """
-- ARGV: index prefix, now, kept, expires, old, new, length of the person and the person, empty if they stay
local row = live(ARGV[2])
if not row then return 0 end
local length = tonumber(string.sub(row, 17, 20))
if string.sub(row, 21 + length) ~= ARGV[5] then return 0 end
local named = string.sub(row, 17, 20 + length)
if ARGV[7] ~= '' then named = ARGV[7] end
local person = string.sub(named, 5)
local written = string.format('%016d', tonumber(ARGV[4])) .. named .. ARGV[6]
write(written, tonumber(ARGV[4]), person, tonumber(ARGV[2]), tonumber(ARGV[3]))
return 1
"""
)

ADD = """
-- KEYS: the counters; ARGV: now, kept, amount, then for each counter when it expires if it begins
local now, counts = tonumber(ARGV[1]), {}
for number, key in ipairs(KEYS) do
  local count, expires = 0, tonumber(ARGV[number + 3])
  local row = redis.call('GET', key)
  if row and tonumber(string.sub(row, 1, 16)) > now then
    expires, count = tonumber(string.sub(row, 1, 16)), tonumber(string.sub(row, 17))
  end
  count = math.max(0, count + tonumber(ARGV[3]))
  local left = math.max(1, expires - now) + tonumber(ARGV[2])
  redis.call('SET', key, string.format('%016d%d', expires, count), 'PX', left)
  counts[number] = {count, string.format('%d', expires)}
end
return counts
"""
