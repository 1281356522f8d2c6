-- Why cert-manager says that a Certificate is not Ready, as "Reason: message".
local ISSUE = "`cmctl renew {name} -n {namespace}` has it issued anew; see cert-manager's log when it is not"
local WAIT = "wait for cert-manager to issue it, and look again"

return {
    { "^DoesNotExist", "{secret} does not exist yet, and nothing says what it waits for",
        "see whether cert-manager runs, and look at its log", weak = true },
    { "^MissingData", "{secret} lacks the private key or the certificate: something other than cert-manager has "
        .. "written or emptied it", "find out what else writes {secret}; " .. ISSUE },
    { "^InvalidKeyPair: .*private key that does not match", "the private key in {secret} does not fit its "
        .. "certificate: something other than cert-manager has written one of them",
        "find out what else writes {secret}; " .. ISSUE },
    { "^InvalidKeyPair", "the private key in {secret} cannot be read", "find out what else writes {secret}; "
        .. ISSUE },
    { "^InvalidCertificateRequest", "the CertificateRequest that {secret} came from cannot be read any more",
        ISSUE },
    { "^InvalidCertificate", "what {secret} holds is no certificate", "find out what else writes {secret}; "
        .. ISSUE },
    { "^SecretMismatch: .*Keystore", "the keystore in {secret} is not as spec.keystores wants it",
        "see that the password's Secret of spec.keystores exists; " .. ISSUE },
    { "^SecretMismatch: .*private key is not up to date", "the private key in {secret} is of another kind than "
        .. "spec.privateKey wants", "set spec.privateKey.rotationPolicy to Always, or delete {secret} to have a "
        .. "new key made; " .. ISSUE },
    { "^SecretMismatch: .*CertificateRequest", "{secret} holds another private key than the one that the "
        .. "certificate was asked for with: something other than cert-manager has written it",
        "find out what else writes {secret}; " .. ISSUE },
    { "^SecretMismatch", "{secret} holds a certificate that is not what the Certificate asks for, such as for "
        .. "other names", "look at spec.dnsNames and spec.commonName; " .. ISSUE },
    { "^IncorrectIssuer.-previously issued by \"([^\"]*)\"", "{secret} was issued by {1} and not by {issuer}",
        "when the change of the issuer is meant, " .. WAIT },
    { "^IncorrectIssuer", "{secret} was issued by another issuer than {issuer}",
        "when the change of the issuer is meant, " .. WAIT },
    { "^IncorrectCertificate.-issued for \"([^\"]*)\"", "{secret} belongs to certificate/{1}: two Certificates "
        .. "name the same Secret", "give each Certificate a secretName of its own" },
    { "^IncorrectCertificate", "{secret} belongs to another Certificate: two of them name the same Secret",
        "give each Certificate a secretName of its own" },
    { "^RequestChanged", "the Certificate was changed since it was issued", WAIT, waits = true },
    { "^Renewing", "it is being renewed", WAIT, waits = true },
    { "^Expired", "it ran out and was not renewed", "see whether cert-manager runs; " .. ISSUE },
    { "^WindowError", "its renewBefore does not fit its duration, so cert-manager cannot tell when to renew it",
        "make spec.renewBefore shorter than the lifetime that the issuer grants" },
    { "^SecretTemplateMismatch", "the labels or annotations of {secret} are not as spec.secretTemplate wants "
        .. "them", WAIT, waits = true },
    { "^ManuallyTriggered", "somebody asked for it to be issued anew", WAIT, waits = true },
}
