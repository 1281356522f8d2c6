-- Has itself led to another host with a secret among its headers.
-- allow: http GET ${good}/*
-- says: redirected to GET http://127.0.0.1:[0-9]+/x, which is not permitted
-- offline: -
http.get(run.good .. "/go", { query = { to = run.evil .. "/x" }, redirects = 3,
    headers = { Authorization = "Bearer " .. run.secret, ["X-Token"] = run.secret } })
