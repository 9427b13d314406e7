-- The rule of the line, shared by the line-*.lua scripts (put before each of them). It is the rule of src/domain/line.ts;
-- the reasons stand there. Every script takes first
--   KEYS[1]  hash: the counters of the line
--   KEYS[2]  hash: calls by the bucket in which they lapse: "from:upTo:outstanding"
--   KEYS[3]  hash: by the bucket in which they end, "p<bucket>" passes and "w<bucket>" wants
-- A line with lanes (src/domain/lanes.ts) also has in KEYS[1]
--   shares   "30,65,5": of each lane, in percent
--   lanes    the first lane's lead, then of each other lane ";joined:serving:lead", by position within the lane
-- and its calls are under lane * LANE_SPAN + bucket. Without lanes neither field is there, and no command is spent on them.
-- All keys of an event carry the hash tag {eventId}: a script stays within one cluster slot.
local BUCKET_MS = 250
local PERSON = 60000
local WANT_MS = 5000
-- How long what a node says of the sale's health stands.
local SLOW_MS = 3000
local LANE_SPAN = 1000000000000
local BYPASS_LANE = 1000
-- A line that nobody steps for this long is forgotten here; the journal restores it.
local KEEP_MS = 604800000

local FIELDS = { 'epoch', 'joined', 'serving', 'admitted', 'inside', 'called', 'wants', 'credit', 'at', 'cursor',
  'rate', 'insideMax', 'paused', 'version', 'fresh', 'slowRate', 'slowUntil' }

-- tostring() would write 1e+14 beyond 14 digits.
local function int(number)
  return string.format('%.0f', number)
end

local function nowMs()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The first lane is the line itself.
local function laneAt(line, lane)
  if lane == 0 then return line end
  while #line.lanes < lane do line.lanes[#line.lanes + 1] = { joined = 0, serving = 0, lead = 0 } end
  return line.lanes[lane]
end

local function hasJoined(line)
  local sum = line.joined
  for _, lane in ipairs(line.lanes) do sum = sum + lane.joined end
  return sum
end

local function isServing(line)
  local sum = line.serving
  for _, lane in ipairs(line.lanes) do sum = sum + lane.serving end
  return sum
end

local function servingFor(line, number)
  local lane = math.floor(number / LANE_SPAN)
  if lane == 0 then return line.serving end
  if lane >= BYPASS_LANE then return math.huge end
  return lane * LANE_SPAN + (line.lanes[lane] and line.lanes[lane].serving or 0)
end

-- nil: lost.
local function load()
  local values = redis.call('HMGET', KEYS[1], 'shares', 'lanes', unpack(FIELDS))
  if not values[3] then return nil end
  local line = { shares = values[1] or '', lanes = {}, lead = 0 }
  -- A line from before a field was thought of has none of it.
  for i, name in ipairs(FIELDS) do line[name] = tonumber(values[i + 2] or 0) end
  if values[2] then
    line.lead = tonumber(string.match(values[2], '^-?%d+'))
    for joined, serving, lead in string.gmatch(values[2], ';(%d+):(%d+):(-?%d+)') do
      line.lanes[#line.lanes + 1] = { joined = tonumber(joined), serving = tonumber(serving), lead = tonumber(lead) }
    end
  end
  return line
end

local function save(line)
  local flat = {}
  if #line.lanes > 0 then
    local lanes = { int(line.lead) }
    for _, lane in ipairs(line.lanes) do
      lanes[#lanes + 1] = int(lane.joined) .. ':' .. int(lane.serving) .. ':' .. int(lane.lead)
    end
    flat = { 'shares', line.shares, 'lanes', table.concat(lanes, ';') }
  end
  for _, name in ipairs(FIELDS) do
    flat[#flat + 1] = name
    flat[#flat + 1] = int(line[name])
  end
  redis.call('HSET', KEYS[1], unpack(flat))
end

local function burstOf(rate)
  return rate > 0 and math.max(1, math.floor(rate / 60)) or 0
end

local function endBucket(line, endsAt)
  return math.max(math.ceil(endsAt / BUCKET_MS), line.cursor + 1)
end

local function addTo(field, change)
  if redis.call('HINCRBY', KEYS[3], field, change) <= 0 then redis.call('HDEL', KEYS[3], field) end
end

local function readCall(text)
  local from, upTo, outstanding = string.match(text, '^(%d+):(%d+):(%d+)$')
  return tonumber(from), tonumber(upTo), tonumber(outstanding)
end

local function writeCall(bucket, from, upTo, outstanding)
  redis.call('HSET', KEYS[2], int(bucket), int(from) .. ':' .. int(upTo) .. ':' .. int(outstanding))
end

local function giveBack(line, bucket)
  local id = int(bucket)
  local ids = { id }
  for lane = 1, #line.lanes do ids[lane + 1] = int(lane * LANE_SPAN + bucket) end
  for i, call in ipairs(redis.call('HMGET', KEYS[2], unpack(ids))) do
    if call then
      local _, _, outstanding = readCall(call)
      line.called = line.called - outstanding
      redis.call('HDEL', KEYS[2], ids[i])
    end
  end
  local ends = redis.call('HMGET', KEYS[3], 'p' .. id, 'w' .. id)
  if ends[1] then line.inside = line.inside - tonumber(ends[1]) end
  if ends[2] then line.wants = line.wants - tonumber(ends[2]) end
  if ends[1] or ends[2] then redis.call('HDEL', KEYS[3], 'p' .. id, 'w' .. id) end
end

local function giveBackAll(line, current)
  if current - line.cursor <= 1000 then
    for bucket = line.cursor + 1, current do giveBack(line, bucket) end
    return
  end
  local seen = {}
  for _, id in ipairs(redis.call('HKEYS', KEYS[2])) do seen[tonumber(id) % LANE_SPAN] = true end
  for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do seen[tonumber(string.sub(field, 2))] = true end
  for bucket in pairs(seen) do
    if bucket <= current then giveBack(line, bucket) end
  end
end

local function isSlowed(line)
  return line.slowUntil > line.at and line.slowUntil <= line.at + SLOW_MS
end

local function rateOf(line)
  return isSlowed(line) and math.min(line.rate, line.slowRate) or line.rate
end

local function advance(line, now)
  local elapsed = math.max(0, now - line.at)
  local rate = rateOf(line)
  line.credit = math.min(burstOf(rate) * PERSON, line.credit + rate * elapsed)
  line.at = now
  local current = math.floor(now / BUCKET_MS)
  giveBackAll(line, current)
  line.cursor = math.max(line.cursor, current)
end

local function adopt(line, rate, insideMax, paused, version, shares)
  if version <= line.version then return end
  if shares and shares ~= '' then
    line.shares = shares
    local _, others = string.gsub(shares, ',', '')
    laneAt(line, others)
  end
  line.rate, line.insideMax, line.paused, line.version = rate, insideMax, paused, version
  local cap = burstOf(rate) * PERSON
  if line.fresh == 1 and rate > 0 then
    line.credit = cap
    line.fresh = 0
  else
    line.credit = math.min(line.credit, cap)
  end
end

-- The key of a pass: "endsAt:bucket", gone when the pass is.
local function letIn(line, passKey, ttl, now)
  local endsAt = now + ttl
  local bucket = endBucket(line, endsAt)
  redis.call('SET', passKey, int(endsAt) .. ':' .. int(bucket), 'PX', int(math.max(1, ttl)))
  addTo('p' .. int(bucket), 1)
  line.inside = line.inside + 1
end

local function readPass(passKey)
  local text = redis.call('GET', passKey)
  if not text then return nil end
  local endsAt, bucket = string.match(text, '^(%d+):(%d+)$')
  return tonumber(endsAt), tonumber(bucket)
end
