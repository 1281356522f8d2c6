-- Leaves the permitted path by dots, escaped twice.
-- allow: http GET ${good}/ok/*
-- says: not permitted; to permit it, add this line
http.get(run.good .. "/ok/%252e%252e/x")
