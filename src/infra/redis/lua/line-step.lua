-- One step of admission: gives back what ended, then calls as many as every limit allows.
--   KEYS     see line-shared.lua
--   ARGV     1 open (0/1)   2 roomLeft (-1: no limit)   3 callTtlMs
--            4 ratePerMinute   5 insideMax   6 paused (0/1)   7 version
--            8 what the sale can digest, people a minute (-1: no limit)   9 why   10 who says so ('': nobody in particular)
--            11 places given out elsewhere
-- KEYS[1] also keeps slowReason and slowNode: why the line is slowed and who said so, while it is.
-- Returns {-1}: lost; or {epoch, joined, serving, admitted, inside, called, rate, binding, now}.
local line = load()
if not line then return { -1 } end
local now = nowMs()
local open = ARGV[1] == '1'
advance(line, now)
adopt(line, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]))

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

line.joined = math.max(line.joined, tonumber(ARGV[11]))

local function room()
  local stock = tonumber(ARGV[2])
  stock = stock < 0 and math.huge or stock - line.called
  return math.floor(line.credit / PERSON), line.insideMax - line.inside - line.called, stock
end

local calling = open and line.paused == 0
if calling then
  local credit, inside, stock = room()
  local count = math.max(0, math.min(line.joined - line.serving, math.min(credit, inside) - line.wants, stock))
  if count > 0 then
    local from = line.serving
    local outstanding = count
    local bucket = endBucket(line, now + tonumber(ARGV[3]))
    local present = redis.call('HGET', KEYS[2], int(bucket))
    if present then
      local first, _, waiting = readCall(present)
      from, outstanding = first, waiting + count
    end
    line.serving = line.serving + count
    line.admitted = line.admitted + count
    line.called = line.called + count
    line.credit = line.credit - count * PERSON
    writeCall(bucket, from, line.serving, outstanding)
  end
end

local binding = 'rate'
local _, inside, stock = room()
if not open then
  binding = 'closed'
elseif line.paused == 1 then
  binding = 'paused'
elseif line.serving >= line.joined then
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
return { line.epoch, line.joined, line.serving, line.admitted, line.inside, line.called, calling and rateOf(line) or 0, binding,
  now }
