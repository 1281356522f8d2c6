-- Deletes, and is told only afterwards that it may not wait for the end.
-- allow: k8s get, delete configmaps in dev
-- says: not permitted; to permit it, add this line to `allow`: "k8s watch configmaps/x in dev"
k8s.delete("cm/x", { wait = "5s" })
