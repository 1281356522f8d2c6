-- What a CertificateRequest waits for or failed with, as "Reason: message" of its Ready condition.
return {
    { "^Denied: (.*)$", "an approver denied the request: {1}", "ask for what the policy allows, or change the "
        .. "policy (approver-policy's CertificateRequestPolicy)" },
    { "^unapproved", "nobody has approved the request", "see whether cert-manager's approver runs and may "
        .. "approve for {issuer}, or what other approver is to" },
    { "^InvalidRequest", "the request asks for what cannot be", "mend spec of certificate/{name}" },
    { "Referenced \"?(%w+)\"? not found", "{issuer} does not exist",
        "create it, or correct spec.issuerRef: an Issuer must be in {namespace}, and `kind: ClusterIssuer` has "
        .. "to be said" },
    { "does not have a Ready status condition", "{issuer} is not ready", "mend {issuer} first", weak = true },
    { "Missing issuer type", "{issuer} says of no kind what it is", "give its spec one of acme, ca, selfSigned, "
        .. "vault or venafi" },
    { "commonName that is not present in the list", "spec.commonName is not among spec.dnsNames, as ACME wants "
        .. "it", "add it to spec.dnsNames, or leave spec.commonName out" },
    { "order is in \"(%w+)\" state", "the CA's order ended as {1}", "see what the order and its challenges say; "
        .. "`cmctl renew {name} -n {namespace}` tries anew once that is mended", weak = true },
    { "Waiting on certificate issuance from order", "the CA's order is under way", "wait, and look again",
        waits = true, weak = true },
    { "Referenced secret (%S+) not found", "the Secret {1} that {issuer} signs with does not exist",
        "create it; a ClusterIssuer's must be in cert-manager's own namespace" },
    { "[Ff]ailed to parse signing CA", "the Secret that {issuer} signs with holds no usable CA",
        "put the CA's certificate and its key into the Secret of spec.ca.secretName" },
    { "private%-key%-secret%-name\" missing", "a self-signed request names no private key",
        "let a Certificate make the request; one made by hand needs the annotation "
        .. "cert-manager.io/private-key-secret-name" },
    { "[Ff]ailed to get key", "the private key that a self-signed request names cannot be read",
        "`cmctl renew {name} -n {namespace}` has a new key made" },
    { "[Ff]ailed to initiali[sz]e vault client", "cert-manager cannot log in to Vault",
        "check spec.vault.server and spec.vault.auth of {issuer}, and that Vault is unsealed" },
    { "[Vv]ault.*permission denied", "Vault's policy does not let {issuer} sign this",
        "let its policy update spec.vault.path" },
    { "[Vv]ault.*not allowed by this role", "Vault's role does not allow what is asked for",
        "allow the names in the role of spec.vault.path, or ask for others" },
    { "[Vv]ault failed to sign", "Vault did not sign the request", "see the message, and the role of "
        .. "spec.vault.path" },
    { "[Vv]enafi.*pending", "Venafi has the request and has not signed it yet", "wait, or approve it in Venafi",
        waits = true },
    { "[Vv]enafi certificate is requested", "Venafi has the request and has not signed it yet",
        "wait, or approve it in Venafi", waits = true },
    { "[Vv]enafi", "Venafi did not take the request", "check the credentials and the zone of {issuer}, and the "
        .. "zone's policy" },
    { "^Pending: ?$", "nothing has taken up the request", "see whether the controller of {issuer} runs" },
}
