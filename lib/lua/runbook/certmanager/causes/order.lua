-- What an ACME Order says where no ACME error is named, as "state: reason".
local ANEW = "`cmctl renew {name} -n {namespace}` tries anew"

return {
    { "no configured challenge solvers can be used", "none of the solvers of {issuer} is meant for {host}",
        "see the selectors of spec.acme.solvers in {issuer}; a wildcard needs a dns01 solver" },
    { "Failed to create Order", "the CA did not take the order", "see the message; " .. ANEW },
    { "Failed to finalize Order", "the CA did not sign, although every challenge was met", "see the message; "
        .. ANEW },
    { "Failed to retrieve Order", "the CA does not know the order any more", ANEW },
    { "Failed to fetch authorization", "the CA does not know the order's authorizations any more", ANEW },
    { "^expired", "the order ran out before its challenges were met", "see what kept the challenges; " .. ANEW },
    { "^invalid", "the CA found a challenge not met", "see what the challenge says; " .. ANEW, weak = true },
    { "^errored", "the CA refused the order", "see the order's reason; " .. ANEW },
    { "^ready", "every challenge is met, and cert-manager has not finished the order yet",
        "wait, and look again", waits = true },
    { "^processing", "the CA is signing", "wait, and look again", waits = true },
    { "^pending", "the order waits for its challenges", "wait, and look again", waits = true, weak = true },
    { "^new", "cert-manager has not sent the order to the CA yet", "wait; see cert-manager's log when it stays "
        .. "so", waits = true },
    { "^valid", "the CA has signed, and cert-manager has not stored the certificate yet", "wait, and look again",
        waits = true },
}
