-- Has another program found, or another library loaded, by its environment.
-- allow: exec true
-- says: "env LD_PRELOAD"
exec { "true", env = { LD_PRELOAD = "./evil/ok.sh" } }
