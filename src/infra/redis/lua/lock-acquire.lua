-- lock-acquire: takes the seats of several holds of one event, each hold all of its seats or none.
-- KEYS  the seats' keys, hold after hold (all share one hash tag, so they live in one cluster slot)
-- ARGV  [1] TTL in ms; then two a hold: its value `owner:holdId`, number of its keys
-- Returns one entry a hold: 0 = acquired, or { position of the seat that stood in the way, its value }
-- A key that already belongs to the same hold counts as taken by us: a repeat after a lost reply must find its own lock.
local ttl = ARGV[1]
local out = {}
local first = 1
for i = 2, #ARGV, 2 do
  local value, n = ARGV[i], tonumber(ARGV[i + 1])
  local blocked = 0
  local fresh, own = {}, {}
  for k = first, first + n - 1 do
    -- Nearly every seat is free, so it is taken first and looked at only then: one command a seat. NX is what makes it a lock.
    if redis.call('SET', KEYS[k], value, 'NX', 'PX', ttl) then
      fresh[#fresh + 1] = KEYS[k]
    else
      local holder = redis.call('GET', KEYS[k])
      local hold = string.match(value, ':[^:]*$')
      if string.sub(holder, -#hold) == hold then
        own[#own + 1] = KEYS[k]
      else
        blocked = { k - first + 1, holder }
        break
      end
    end
  end
  if blocked == 0 then
    -- From an earlier try: it only gets its time anew.
    for _, key in ipairs(own) do redis.call('PEXPIRE', key, ttl) end
  else
    for _, key in ipairs(fresh) do redis.call('DEL', key) end
  end
  out[#out + 1] = blocked
  first = first + n
end
return out
