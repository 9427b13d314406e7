-- Gives the slot of a live pass back, once: whoever deletes the key does.
--   KEYS     1-3 see line-shared.lua   4 the pass of the place
-- Returns 1 given back, 0 nothing to give back, -1 lost.
local line = load()
local _, bucket = readPass(KEYS[4])
redis.call('DEL', KEYS[4])
if not line then return -1 end
advance(line, nowMs())
local given = 0
if bucket and bucket > line.cursor then
  addTo('p' .. int(bucket), -1)
  line.inside = line.inside - 1
  given = 1
end
save(line)
return given
