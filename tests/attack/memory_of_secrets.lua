-- Fills what is kept of secrets, which C holds.
-- options: --max-memory 24MB
-- says: memory
for i = 1, math.huge do log.mask("one", ("x"):rep(1000) .. i) end
