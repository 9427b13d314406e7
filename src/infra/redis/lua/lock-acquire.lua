-- lock-acquire: takes the seats of several holds of one event, each hold all of its seats or none.
-- KEYS  the seats' keys, hold after hold (all share one hash tag, so they live in one cluster slot)
-- ARGV  four a hold: owner, hold id, TTL in ms, number of its keys
-- Returns one entry a hold: 0 = acquired, or { position of the seat that stood in the way, its value }
-- A key that already belongs to the same hold counts as taken by us: a repeat after a lost reply must find its own lock.
local out = {}
local first = 1
for i = 1, #ARGV, 4 do
  local owner, hold, ttl, n = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
  local blocked = 0
  for k = first, first + n - 1 do
    local value = redis.call('GET', KEYS[k])
    if value and string.sub(value, -#hold - 1) ~= ':' .. hold then
      blocked = { k - first + 1, value }
      break
    end
  end
  if blocked == 0 then
    for k = first, first + n - 1 do
      -- NX is what makes it a lock; a key of our own from an earlier try only gets its time anew.
      if not redis.call('SET', KEYS[k], owner .. ':' .. hold, 'NX', 'PX', ttl) then
        redis.call('PEXPIRE', KEYS[k], ttl)
      end
    end
  end
  out[#out + 1] = blocked
  first = first + n
end
return out
