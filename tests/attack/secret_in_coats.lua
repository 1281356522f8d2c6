-- Says it in every coat that a mask knows: in lines, a table, a check, and an error.
-- says: that was all of
local hex, html = crypto.hex_encode(run.secret), run.secret:gsub("-", "%%2d")
log.info("%s %s %s", crypto.base64_encode("x" .. run.secret), hex, html)
log.warn(json.encode { [run.secret] = json.encode { run.secret .. "\n" } })
log.table { columns = { run.secret }, rows = { { hex }, { { run.secret } } } }
log.link(run.secret, "https://x:" .. run.secret .. "@evil.example/" .. run.secret)
error("that was all of " .. html .. run.secret .. hex)
