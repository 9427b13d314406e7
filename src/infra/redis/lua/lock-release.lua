-- lock-release: removes or prolongs the keys that still belong to the hold named, and touches no others. A bare DEL would
-- take the lock away from whoever has it by now.
-- KEYS  the seats' keys
-- ARGV  [1] TTL in ms, 0 = remove; then one hold id a key
-- Returns how many keys were touched
local ttl = tonumber(ARGV[1])
local touched = 0
for k = 1, #KEYS do
  local hold = ARGV[k + 1]
  local value = redis.call('GET', KEYS[k])
  if value and string.sub(value, -#hold - 1) == ':' .. hold then
    if ttl == 0 then redis.call('DEL', KEYS[k]) else redis.call('PEXPIRE', KEYS[k], ttl) end
    touched = touched + 1
  end
end
return touched
