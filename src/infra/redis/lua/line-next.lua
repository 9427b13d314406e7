-- Hands out numbers of one lane.
--   KEYS[1]  hash: the counters of the line
--   ARGV[1]  how many   ARGV[2] behind which position of the lane at least   ARGV[3] lane
-- Returns the last of them; -1: the store has lost this line.
if ARGV[3] ~= '0' then
  local line = load()
  if not line then return -1 end
  local index = tonumber(ARGV[3])
  local lane = laneAt(line, index)
  lane.joined = math.max(lane.joined, tonumber(ARGV[2])) + tonumber(ARGV[1])
  save(line)
  return index * LANE_SPAN + lane.joined
end
if redis.call('HEXISTS', KEYS[1], 'epoch') == 0 then return -1 end
if tonumber(redis.call('HGET', KEYS[1], 'joined')) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'joined', ARGV[2])
end
return redis.call('HINCRBY', KEYS[1], 'joined', ARGV[1])
