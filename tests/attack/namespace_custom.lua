-- The same of a type that only the cluster knows.
-- allow: k8s * * in dev
-- says: not permitted; to permit it, add this line to `allow`: "k8s delete zones/x"
-- offline: only the cluster can tell what 'zn' is, and nobody was asked
k8s.delete("zn/x", { namespace = "dev" })
