-- Puts a secret into an object where it may not create any.
-- allow: k8s create configmaps in dev
-- says: not permitted; to permit it, add this line to `allow`: "k8s create configmaps/y in evil"
k8s.create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "y", namespace = "evil" }, data = { x = run.secret } }
