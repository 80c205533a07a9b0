import { hash } from 'node:crypto'
import { REBASE_AT } from '../token-bucket.ts'

/** A script of Redis and its digest. */
export interface Script { readonly lua: string, readonly sha: string }

const script = (lua: string): Script => ({ lua, sha: hash('sha1', lua) })

/** Redis adds it to its clock. A bucket that takes longer to fill is forgotten when nobody has asked for ten years. */
const LONGEST_TTL_MS = 10 * 365 * 86_400_000

/**
 * What both scripts know: `bucket(key, rate, burst)` reads one, once in a call, and settles it; `finish()` writes those that have changed, each with an end.
 * The state is 16 bytes: two doubles, so that nothing is cut off. The steps are those of TokenBucket, in the same order.
 */
const BUCKETS = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local known, changed = {}, {}

local function mark(b)
  if b.changed then return end
  b.changed = true
  changed[#changed + 1] = b
end

local function settle(b, rate, burst)
  local elapsed = now - b.since
  if elapsed < 0 then
    mark(b)
    b.taken = math.min(b.taken, burst)
    b.since = now
  elseif b.taken * 1000000 <= rate * elapsed then
    b.taken = 0
    b.since = now
  elseif b.taken - burst > ${REBASE_AT} then
    local back = math.floor(rate * elapsed / 1000000)
    b.taken = b.taken - back
    b.since = b.since + math.min(math.ceil(back * 1000000 / rate), elapsed)
  end
end

local function bucket(key, rate, burst)
  local b = known[key]
  if b == nil then
    -- Whatever else is there, of another type or no numbers, is overwritten: it must not fail the decisions beside it for ever
    local kept = redis.pcall('GET', key)
    b = { key = key, rate = rate, taken = 0, since = now }
    if type(kept) == 'string' and #kept == 16 then
      local taken, since = struct.unpack('<dd', kept)
      if taken >= 0 and taken < math.huge and since >= 0 and since < math.huge then b.taken, b.since = taken, since end
    end
    known[key] = b
  end
  settle(b, rate, burst)
  return b
end

local function change(b, by)
  if by == 0 then return end
  b.taken = b.taken + by
  mark(b)
end

local function finish()
  for _, b in ipairs(changed) do
    local ms = math.ceil((b.taken * 1000000 / b.rate - (now - b.since)) / 1000) + 1
    redis.call('SET', b.key, struct.pack('<dd', b.taken, b.since), 'PX', string.format('%.0f', math.max(1, math.min(ms, ${LONGEST_TTL_MS}))))
  end
end
`

/**
 * Decisions one after the other. KEYS: their buckets. ARGV: one text for each decision, four numbers for each bucket of it: rate, burst, cost, and how many
 * tokens more are taken if they are there (a lease); empty: as the one before. The answer is doubles, little-endian: the time in microseconds; then for
 * each bucket whether it allows it (1 or 0), what has been taken from it, since when, and what this decision has taken. Where one of its buckets
 * does not allow it, a decision takes nothing.
 */
export const TAKE = script(`${BUCKETS}
local shapes, shape, at, answer = {}, nil, 0, { struct.pack('<d', now) }

local function shapeOf(text)
  local numbers = {}
  for number in string.gmatch(text, '%S+') do numbers[#numbers + 1] = tonumber(number) end
  return numbers
end

local function lacks(b, rate, burst, cost)
  return cost > 0 and (b.taken + cost - burst) * 1000000 > rate * (now - b.since)
end

local function more(b, rate, burst, most)
  local free = math.max(0, math.min(most, math.floor(burst - b.taken + rate * (now - b.since) / 1000000)))
  if free > 0 and lacks(b, rate, burst, free) then return free - 1 end
  return free
end

local function single(key)
  local rate, burst, cost, extra = shape[1], shape[2], shape[3], shape[4]
  local b = bucket(key, rate, burst)
  if lacks(b, rate, burst, cost) then return struct.pack('<dddd', 0, b.taken, b.since, 0) end
  change(b, cost)
  if extra > 0 then
    extra = more(b, rate, burst, extra)
    change(b, extra)
  end
  return struct.pack('<dddd', 1, b.taken, b.since, cost + extra)
end

local function several(count)
  local allowed, buckets, oks, took = true, {}, {}, {}
  for i = 1, count do
    local rate, burst, cost = shape[4 * i - 3], shape[4 * i - 2], shape[4 * i - 1]
    local b = bucket(KEYS[at + i], rate, burst)
    buckets[i], took[i], oks[i] = b, 0, 0
    if lacks(b, rate, burst, cost) then
      allowed = false
    else
      change(b, cost)
      took[i], oks[i] = cost, 1
    end
  end
  for i = 1, count do
    local by = -took[i]
    if allowed then by = more(buckets[i], shape[4 * i - 3], shape[4 * i - 2], shape[4 * i]) end
    change(buckets[i], by)
    took[i] = took[i] + by
  end
  for i = 1, count do
    buckets[i] = struct.pack('<dddd', oks[i], buckets[i].taken, buckets[i].since, took[i])
  end
  return table.concat(buckets)
end

for _, text in ipairs(ARGV) do
  if text ~= '' then
    shapes[text] = shapes[text] or shapeOf(text)
    shape = shapes[text]
  end
  local count = #shape / 4
  answer[#answer + 1] = count == 1 and single(KEYS[at + 1]) or several(count)
  at = at + count
end
finish()
return table.concat(answer)
`)

/** Gives tokens back. KEYS: buckets. ARGV: for each of them rate, burst, tokens, and what had been taken since when as they were taken. */
export const GIVE_BACK = script(`${BUCKETS}
for i, key in ipairs(KEYS) do
  local rate, burst, cost, taken, since = tonumber(ARGV[5 * i - 4]), tonumber(ARGV[5 * i - 3]), tonumber(ARGV[5 * i - 2]), tonumber(ARGV[5 * i - 1]), tonumber(ARGV[5 * i])
  local b = bucket(key, rate, burst)
  local open = taken - rate * (now - since) / 1000000
  if open >= cost or (open > 0 and b.since ~= since) then
    change(b, math.max(0, b.taken - math.min(open, cost)) - b.taken)
  elseif open > 0 then
    change(b, math.max(0, b.taken - taken) - b.taken)
    b.since = now
  end
end
finish()
return struct.pack('<d', now)
`)
