-- Hands out numbers.
--   KEYS[1]  hash: the counters of the line
--   ARGV[1]  how many   ARGV[2] behind which number at least
-- Returns the last of them; -1: the store has lost this line.
if redis.call('HEXISTS', KEYS[1], 'epoch') == 0 then return -1 end
if tonumber(redis.call('HGET', KEYS[1], 'joined')) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'joined', ARGV[2])
end
return redis.call('HINCRBY', KEYS[1], 'joined', ARGV[1])
