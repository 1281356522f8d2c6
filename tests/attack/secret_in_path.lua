-- Asks for a path of which a secret is a part.
-- allow: http GET ${good}/x/*
-- says: not permitted; to permit it, add this line to `allow`: "http GET http://127.0.0.1:[0-9]+/y/bot\$\{secret\}/z"
http.get(run.good .. "/y/bot" .. run.secret .. "/z")
