-- Takes all the memory that there is.
-- options: --max-memory 24MB
-- says: memory
local all = {}
for i = 1, math.huge do all[i] = ("x"):rep(100000) .. i end
