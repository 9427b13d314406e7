-- Hands out numbers.
--   KEYS[1]  hash: the counters of the line
--   ARGV[1]  how many
-- Returns the last of them; -1: the store has lost this line.
if redis.call('HEXISTS', KEYS[1], 'epoch') == 0 then return -1 end
return redis.call('HINCRBY', KEYS[1], 'joined', ARGV[1])
