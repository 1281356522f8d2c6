-- Brings a type of the same name, in another group.
-- allow: k8s * ingresses in dev
-- says: not permitted; to permit it, add this line to `allow`: "k8s apply ingresses.evil.example/x in dev"
k8s.apply { apiVersion = "evil.example/v1", kind = "Ingress", metadata = { name = "x" } }
