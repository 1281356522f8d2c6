-- Deletes by a field of a permitted POST.
-- allow: http POST ${good}/*
-- says: "http DELETE http://127.0.0.1:[0-9]+/x"
http.post(run.good .. "/x", { form = { _method = "delete" } })
