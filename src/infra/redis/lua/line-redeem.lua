-- Turns a called place into a person inside.
--   KEYS     1-3 see line-shared.lua   4 the pass of the place   5 the want of the place (string: its bucket)
--   ARGV     1 number   2 passTtlMs   3 ratePerMinute   4 insideMax   5 paused (0/1)   6 version   7 shares
-- Returns {-1} lost, {0} not called, {1} paused, {2, remainingMs, epoch} let in, {3, remainingMs, epoch} was let in before.
local line = load()
if not line then return { -1 } end
local now = nowMs()
local number = tonumber(ARGV[1])
local ttl = tonumber(ARGV[2])
advance(line, now)
adopt(line, tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7])

local function takeReserved()
  local calls = redis.call('HGETALL', KEYS[2])
  for i = 1, #calls, 2 do
    local from, upTo, outstanding = readCall(calls[i + 1])
    if number > from and number <= upTo and outstanding > 0 then
      writeCall(tonumber(calls[i]), from, upTo, outstanding - 1)
      line.called = line.called - 1
      return true
    end
  end
  return false
end

local function dropWant()
  local bucket = tonumber(redis.call('GET', KEYS[5]) or '-1')
  if bucket < 0 then return end
  redis.call('DEL', KEYS[5])
  if bucket <= line.cursor then return end
  addTo('w' .. int(bucket), -1)
  line.wants = line.wants - 1
end

local function takeFree()
  dropWant()
  if line.credit >= PERSON and line.insideMax - line.inside - line.called >= 1 then
    line.credit = line.credit - PERSON
    line.admitted = line.admitted + 1
    return true
  end
  local bucket = endBucket(line, now + WANT_MS)
  -- Lives a little longer than its bucket, so that it can always be taken out of it.
  redis.call('SET', KEYS[5], int(bucket), 'PX', WANT_MS + 2 * BUCKET_MS)
  addTo('w' .. int(bucket), 1)
  line.wants = line.wants + 1
  return false
end

local function decide()
  local endsAt = readPass(KEYS[4])
  if endsAt and endsAt > now then return { 3, endsAt - now, line.epoch } end
  if number > servingFor(line, number) then return { 0 } end
  if line.paused == 1 then return { 1 } end
  if not takeReserved() and not takeFree() then return { 0 } end
  letIn(line, KEYS[4], ttl, now)
  return { 2, ttl, line.epoch }
end

local answer = decide()
save(line)
return answer
