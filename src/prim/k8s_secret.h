// k8s_secret: what is read out of a Kubernetes Secret is a secret.
#pragma once

struct effect;
struct run;
struct value;

// Masks the values in the Secrets of what a server has answered the effect, wherever they would be
// shown from now on; public certificates (tls.crt, ca.crt) are no secrets. Does nothing when it is
// about another type.
void k8s_secret_mask(const struct effect *, const struct value *answer);
// The same of what the effect writes into one, before anybody is told of it.
void k8s_secret_mask_body(const struct effect *, const struct run *);
