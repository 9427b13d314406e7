-- Sets a line from its journal, unless another node did so first: then only what must never go back is raised.
--   KEYS     see line-shared.lua
--   ARGV     1 epoch   2 joined   3 serving   4 admitted   5 first use (0/1)   6 start of the passes' keys
--            7 lanes ("joined:serving;…", '': none)   8… number, remainingMs of each live pass
-- The passes' keys are made here from ARGV[6]; they carry the same hash tag as KEYS, so they are in the same cluster slot.
-- Returns 1 set, 0 raised.
local joined, serving, admitted = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local function raise(lane, least, called)
  lane.serving = math.max(lane.serving, called)
  lane.joined = math.max(lane.joined, least, lane.serving)
end

local function raiseAll(line)
  if ARGV[7] == '' then raise(line, joined, serving) end
  local index = 0
  for least, called in string.gmatch(ARGV[7], '(%d+):(%d+)') do
    raise(laneAt(line, index), tonumber(least), tonumber(called))
    index = index + 1
  end
  line.admitted = math.max(line.admitted, admitted)
end

local line = load()
if line then
  line.epoch = math.max(line.epoch, tonumber(ARGV[1]))
  raiseAll(line)
  save(line)
  return 0
end

local now = nowMs()
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
line = {
  epoch = tonumber(ARGV[1]), joined = 0, serving = 0, lead = 0, lanes = {}, shares = '', admitted = 0,
  inside = 0, called = 0, wants = 0, credit = 0, at = now, cursor = math.floor(now / BUCKET_MS),
  rate = 0, insideMax = 0, paused = 0, version = -1, fresh = tonumber(ARGV[5]), slowRate = 0, slowUntil = 0,
}
raiseAll(line)
for i = 8, #ARGV, 2 do
  letIn(line, ARGV[6] .. ARGV[i], tonumber(ARGV[i + 1]), now)
end
save(line)
return 1
