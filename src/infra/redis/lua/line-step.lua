-- One step of admission: gives back what ended, then calls as many as every limit allows.
--   KEYS     see line-shared.lua
--   ARGV     1 open (0/1)   2 roomLeft (-1: no limit)   3 callTtlMs
--            4 ratePerMinute   5 insideMax   6 paused (0/1)   7 version
--            8 what the sale can digest, people a minute (-1: no limit)   9 why   10 who says so ('': nobody in particular)
--            11 places given out elsewhere, by lane: "40,0,3"   12 shares of the lanes ('': none)
-- KEYS[1] also keeps slowReason and slowNode: why the line is slowed and who said so, while it is.
-- Returns {-1}: lost; or {epoch, joined, serving, admitted, inside, called, rate, binding, now, lanes}, where
-- lanes is "joined:serving;…" of each lane, '' without lanes.
local line = load()
if not line then return { -1 } end
local now = nowMs()
local open = ARGV[1] == '1'
advance(line, now)
adopt(line, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[12])

local slowRate = tonumber(ARGV[8])
local node = ARGV[10] or ''
local own = node ~= '' and isSlowed(line) and redis.call('HGET', KEYS[1], 'slowNode') == node
if slowRate < 0 then
  if own then line.slowUntil = 0 end
elseif own or not (isSlowed(line) and slowRate > line.slowRate) then
  line.slowRate, line.slowUntil = slowRate, now + SLOW_MS
  line.credit = math.min(line.credit, burstOf(rateOf(line)) * PERSON)
  redis.call('HSET', KEYS[1], 'slowReason', ARGV[9], 'slowNode', node)
end

local laneIndex = 0
for joined in string.gmatch(ARGV[11], '%d+') do
  local lane = laneAt(line, laneIndex)
  lane.joined = math.max(lane.joined, tonumber(joined))
  laneIndex = laneIndex + 1
end

local function room()
  local stock = tonumber(ARGV[2])
  stock = stock < 0 and math.huge or stock - line.called
  return math.floor(line.credit / PERSON), line.insideMax - line.inside - line.called, stock
end

local bucket = endBucket(line, now + tonumber(ARGV[3]))

local function call(index, count)
  local lane = laneAt(line, index)
  local key = index * LANE_SPAN + bucket
  local from = index * LANE_SPAN + lane.serving
  local outstanding = count
  local present = redis.call('HGET', KEYS[2], int(key))
  if present then
    local first, _, waiting = readCall(present)
    from, outstanding = first, waiting + count
  end
  lane.serving = lane.serving + count
  line.admitted = line.admitted + count
  line.called = line.called + count
  line.credit = line.credit - count * PERSON
  writeCall(key, from, index * LANE_SPAN + lane.serving, outstanding)
end

-- `shareOut` of src/domain/lanes.ts.
local ROUND = 1000000000

local function take(queue, count)
  queue.waiting = queue.waiting - count
  queue.called = queue.called + count
end

local function endOf(queue)
  return queue.lane.lead + math.floor(ROUND / queue.share)
end

local function callOne(queues, total)
  local now = math.huge
  for _, queue in ipairs(queues) do
    if queue.waiting > 0 then now = math.min(now, queue.lane.lead) end
  end
  now = math.max(0, now)
  local nextOne = nil
  for _, queue in ipairs(queues) do
    if queue.waiting > 0 and queue.lane.lead <= now and (not nextOne or endOf(queue) < endOf(nextOne)) then
      nextOne = queue
    end
  end
  nextOne.lane.lead = endOf(nextOne)
  take(nextOne, 1)
  local later = now + math.floor(ROUND / total)
  for _, queue in ipairs(queues) do
    local lead = queue.lane.lead
    queue.lane.lead = (queue.waiting > 0 and lead or math.max(lead, later)) - later
  end
end

local function shareOut(queues, count)
  local left = count
  while left > 0 do
    local total, rounds = 0, math.huge
    for _, queue in ipairs(queues) do
      if queue.waiting > 0 then
        total = total + queue.share
        rounds = math.min(rounds, math.floor(queue.waiting / queue.share))
      end
    end
    if total == 0 then return end
    rounds = math.min(rounds, math.floor(left / total))
    if rounds > 0 then
      for _, queue in ipairs(queues) do
        if queue.waiting > 0 then take(queue, rounds * queue.share) end
      end
      left = left - rounds * total
    else
      callOne(queues, total)
      left = left - 1
    end
  end
end

local function callShared(count)
  if #line.lanes == 0 then
    call(0, count)
    return
  end
  local shares = {}
  for share in string.gmatch(line.shares, '%d+') do shares[#shares + 1] = tonumber(share) end
  local queues = {}
  for index = 0, #line.lanes do
    local lane = laneAt(line, index)
    queues[index + 1] = { lane = lane, waiting = lane.joined - lane.serving, share = shares[index + 1] or 1, called = 0 }
  end
  shareOut(queues, count)
  for i, queue in ipairs(queues) do
    if queue.called > 0 then call(i - 1, queue.called) end
  end
end

local calling = open and line.paused == 0
if calling then
  local credit, inside, stock = room()
  local waiting = hasJoined(line) - isServing(line)
  local count = math.max(0, math.min(waiting, math.min(credit, inside) - line.wants, stock))
  if count > 0 then callShared(count) end
end

local binding = 'rate'
local _, inside, stock = room()
if not open then
  binding = 'closed'
elseif line.paused == 1 then
  binding = 'paused'
elseif isServing(line) >= hasJoined(line) then
  binding = 'nobody_waiting'
elseif stock <= 0 then
  binding = 'stock'
elseif inside - line.wants <= 0 then
  binding = 'inside'
elseif rateOf(line) < line.rate then
  binding = redis.call('HGET', KEYS[1], 'slowReason')
end

save(line)
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], KEEP_MS) end
local lanes = {}
if #line.lanes > 0 then
  for index = 0, #line.lanes do
    local lane = laneAt(line, index)
    lanes[index + 1] = int(lane.joined) .. ':' .. int(lane.serving)
  end
end
return { line.epoch, hasJoined(line), isServing(line), line.admitted, line.inside, line.called,
  calling and rateOf(line) or 0, binding, now, table.concat(lanes, ';') }
