-- Names another host in a header.
-- allow: http GET ${good}/*
-- says: not permitted; to permit it, add this line to `allow`: "http GET http://inner.example
http.get(run.good .. "/x", { headers = { ["X-Forwarded-Host"] = "inner.example" } })
