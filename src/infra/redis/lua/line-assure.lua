-- Counts a pass that stands in the journal, until it ends.
--   KEYS     1-3 see line-shared.lua   4 the pass of the place
--   ARGV     1 remainingMs
-- Returns 1 counted now, 0 was counted (its slot is longer now if it was too short), -1 lost.
local line = load()
if not line then return -1 end
local now = nowMs()
advance(line, now)
local remaining = tonumber(ARGV[1])
local endsAt, bucket = readPass(KEYS[4])
local stands = endsAt and endsAt > now
if not stands or endsAt < now + remaining then
  if stands and bucket > line.cursor then
    addTo('p' .. int(bucket), -1)
    line.inside = line.inside - 1
  end
  letIn(line, KEYS[4], remaining, now)
end
save(line)
return stands and 0 or 1
