-- Sets a line from its journal, unless another node did so first: then only what must never go back is raised.
--   KEYS     see line-shared.lua
--   ARGV     1 epoch   2 joined   3 serving   4 admitted   5 first use (0/1)   6 start of the passes' keys
--            7… number, remainingMs of each live pass
-- The passes' keys are made here from ARGV[6]; they carry the same hash tag as KEYS, so they are in the same cluster slot.
-- Returns 1 set, 0 raised.
local joined, serving, admitted = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local line = load()
if line then
  line.epoch = math.max(line.epoch, tonumber(ARGV[1]))
  line.serving = math.max(line.serving, serving)
  line.joined = math.max(line.joined, joined, line.serving)
  line.admitted = math.max(line.admitted, admitted)
  save(line)
  return 0
end

local now = nowMs()
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
line = {
  epoch = tonumber(ARGV[1]), joined = math.max(joined, serving), serving = serving, admitted = admitted,
  inside = 0, called = 0, wants = 0, credit = 0, at = now, cursor = math.floor(now / BUCKET_MS),
  rate = 0, insideMax = 0, paused = 0, version = -1, fresh = tonumber(ARGV[5]), slowRate = 0, slowUntil = 0,
}
for i = 7, #ARGV, 2 do
  letIn(line, ARGV[6] .. ARGV[i], tonumber(ARGV[i + 1]), now)
end
save(line)
return 1
