-- Leaves the folder that an argument may name.
-- allow: exec cp /dev/null scripts/*
-- says: not permitted; to permit it, add this line to `allow`: "exec cp /dev/null scripts/../owned"
exec { "cp", "/dev/null", "scripts/../owned" }
