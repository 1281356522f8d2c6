-- Deletes a namespace, being permitted all in another one.
-- allow: k8s * * in dev
-- says: not permitted; to permit it, add this line to `allow`: "k8s delete namespaces/evil"
k8s.delete("namespace/evil", { namespace = "dev" })
