-- Names another path in a header.
-- allow: http GET ${good}/ok/*
-- says: "http GET http://127.0.0.1:[0-9]+/admin"
http.get(run.good .. "/ok/x", { headers = { ["X-Original-URL"] = "/admin" } })
