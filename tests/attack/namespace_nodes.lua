-- Lists what is in no namespace.
-- allow: k8s * * in dev
-- says: not permitted; to permit it, add this line to `allow`: "k8s list nodes"
k8s.list("no", { namespace = "dev" })
