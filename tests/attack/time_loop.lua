-- Never ends, whatever stops it.
-- options: --max-seconds 0.3
-- says: used up its processor time|for longer than it may
while true do pcall(function() while true do end end) end
