-- Gives a secret to a program in its environment.
-- allow: exec ./scripts/ok.sh
-- says: not permitted; to permit it, add this line to `allow`: "env TOKEN"
exec { "./scripts/ok.sh", env = { TOKEN = run.secret } }
