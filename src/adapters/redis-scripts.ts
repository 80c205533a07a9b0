import { MAX_FIELDS, NO_NUMBER, TOO_MANY_FIELDS } from './store-limits.ts'

/** GET and DEL in one step, so that a lock which has passed to somebody else stays. */
export const DELETE_IF = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

/** The end in ms, the next value, and, unless nothing may be there yet, the one expected. */
export const SWAP = `
local held = redis.call('get', KEYS[1])
if held ~= (ARGV[3] or false) then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[1])
return 1`

/**
 * The end in ms, then names and amounts in turns. HINCRBYFLOAT would round to 17 places, reach beyond what a double holds, and fail when the fields before have
 * been changed: Lua's numbers are those of JavaScript, and 17 digits keep them whole.
 */
export const TALLY = `
local sums, flat, size = {}, redis.call('hgetall', KEYS[1]), 0
for i = 1, #flat, 2 do
  sums[flat[i]] = tonumber(flat[i + 1]) or 0 / 0
  size = size + 1
end
local changed = {}
for i = 2, #ARGV, 2 do
  if not sums[ARGV[i]] then size = size + 1 end
  sums[ARGV[i]] = (sums[ARGV[i]] or 0) + tonumber(ARGV[i + 1])
  changed[#changed + 1] = ARGV[i]
end
if size > ${MAX_FIELDS} then return redis.error_reply('ERR ${TOO_MANY_FIELDS}') end
for _, sum in pairs(sums) do
  if sum ~= sum or sum == math.huge or sum == -math.huge then return redis.error_reply('ERR ${NO_NUMBER}') end
end
for _, name in ipairs(changed) do redis.call('hset', KEYS[1], name, string.format('%.17g', sums[name])) end
redis.call('pexpire', KEYS[1], ARGV[1])
return redis.call('hgetall', KEYS[1])`

/** The end in ms, the name, the value. */
export const SET_FIELD = `
if redis.call('hexists', KEYS[1], ARGV[2]) == 0 and redis.call('hlen', KEYS[1]) >= ${MAX_FIELDS} then return redis.error_reply('ERR ${TOO_MANY_FIELDS}') end
redis.call('hset', KEYS[1], ARGV[2], ARGV[3])
return redis.call('pexpire', KEYS[1], ARGV[1])`
