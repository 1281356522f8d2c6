-- Why an Issuer or ClusterIssuer is not Ready, as "Reason: message".
return {
    { "urn:ietf:params:acme:error:externalAccountRequired", "the CA of {issuer} wants an external account "
        .. "binding", "get a key id and HMAC key from the CA and set spec.acme.externalAccountBinding" },
    { "urn:ietf:params:acme:error:accountDoesNotExist", "the CA of {issuer} does not know its ACME account",
        "delete the Secret named in spec.acme.privateKeySecretRef, and cert-manager registers anew" },
    { "urn:ietf:params:acme:error:rateLimited", "the CA of {issuer} limits how many accounts are registered",
        "wait as long as the CA says; do not delete the account's Secret again" },
    { "urn:ietf:params:acme:error:%l+Contact", "the CA of {issuer} does not take the e-mail address of "
        .. "spec.acme.email", "give an address of a domain that exists" },
    { "urn:ietf:params:acme:error:userActionRequired", "the CA of {issuer} wants its terms of service agreed to "
        .. "anew", "open the address that the message names, then restart cert-manager" },
    { "^ErrRegisterACMEAccount.*x509", "cert-manager does not trust the ACME server of {issuer}",
        "give its CA in spec.acme.caBundle" },
    { "^ErrRegisterACMEAccount.*no such host", "the cluster cannot resolve the ACME server of {issuer}",
        "check spec.acme.server and the cluster's DNS" },
    { "^ErrRegisterACMEAccount.*[Tt]ime", "the cluster cannot reach the ACME server of {issuer}",
        "let cert-manager's pods connect to the server of spec.acme.server on port 443" },
    { "^ErrRegisterACMEAccount", "{issuer} could not register an account with its CA",
        "check spec.acme.server and spec.acme.email, and that the cluster reaches the server" },
    { "^ErrVerifyACMEAccount", "{issuer} could not check its account with its CA",
        "look at the Secret of spec.acme.privateKeySecretRef, and that the cluster reaches the server" },
    { "^ErrUpdateACMEAccount", "{issuer} could not update its account with its CA", "check spec.acme.email" },
    { "^InvalidConfig", "the settings of {issuer} are wrong", "mend what its condition names" },
    { "^ErrGetKeyPair", "the Secret with the key of the CA {issuer} is missing or cannot be read",
        "create the Secret of spec.ca.secretName; for a ClusterIssuer in cert-manager's own namespace" },
    { "^ErrInvalidKeyPair", "the Secret of the CA {issuer} holds no CA certificate with its key",
        "put a certificate that may sign others into the Secret of spec.ca.secretName" },
    { "^VaultError.*permission denied", "Vault refuses the credentials of {issuer}",
        "check the role and policy that spec.vault.auth names, and spec.vault.path" },
    { "^VaultError", "{issuer} cannot use Vault", "check spec.vault.server, path and auth, and that Vault is "
        .. "unsealed" },
    { "^ErrInitIssuer", "cert-manager could not set {issuer} up", "look at its condition and at cert-manager's "
        .. "log" },
    { "^missing", "{issuer} does not exist", "create it, or correct spec.issuerRef: an Issuer must be in "
        .. "{namespace}, and `kind: ClusterIssuer` has to be said" },
    { "^new", "nothing has looked at {issuer} yet", "see whether cert-manager runs, or the controller of that "
        .. "kind of issuer" },
    { "^(%w+): (.*)$", "{issuer} is not ready ({1}): {2}", "mend {issuer}: `kubectl describe` shows what it "
        .. "waits for" },
}
