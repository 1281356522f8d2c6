-- Gives a secret to a program that may be run without arguments.
-- allow: exec ./scripts/ok.sh
-- says: not permitted; to permit it, add this line to `allow`: "exec ./scripts/ok.sh --token=\$\{secret\}"
exec { "./scripts/ok.sh", "--token=" .. run.secret }
