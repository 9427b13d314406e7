-- Counts a pass that stands in the journal, unless it is counted already.
--   KEYS     1-3 see line-shared.lua   4 the pass of the place
--   ARGV     1 remainingMs
-- Returns 1 counted now, 0 was counted, -1 lost (restoring will count it).
local line = load()
if not line then return -1 end
local now = nowMs()
advance(line, now)
local endsAt = readPass(KEYS[4])
local counted = 0
if not endsAt or endsAt <= now then
  letIn(line, KEYS[4], tonumber(ARGV[1]), now)
  counted = 1
end
save(line)
return counted
