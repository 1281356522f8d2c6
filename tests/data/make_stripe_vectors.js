// Makes tests/lua/stripe_vectors.lua with Stripe's own library as the judge:
//   npm install stripe && node make_stripe_vectors.js > ../lua/stripe_vectors.lua
// Each vector is a body, a header, a secret and a moment, and whether constructEvent accepts them.
const Stripe = require("stripe");
const crypto = require("crypto");
const stripe = new Stripe("sk_test_vectors");
const secret = "whsec_vectors_secret_1", other = "whsec_vectors_secret_2";
const at = 1767225600;

function signature(payload, key, timestamp) {
  return crypto.createHmac("sha256", key).update(`${timestamp}.${payload}`).digest("hex");
}
function header(payload, options = {}) {
  return stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: at, ...options });
}

const small = '{"id":"evt_1","object":"event"}';
const wide = JSON.stringify({ id: "evt_2", object: "event", text: "Zürich \u{1F600} \"quoted\" \\ back" });
const cases = [
  ["as Stripe sends it", small, header(small)],
  ["text beyond ASCII", wide, header(wide)],
  ["an empty object", "{}", header("{}")],
  ["white space is part of the body", small + "\n", header(small)],
  ["another body", small.replace("evt_1", "evt_9"), header(small)],
  ["another secret", small, header(small, { secret: other })],
  ["a rolled secret: the second v1 matches", small,
    `t=${at},v1=${signature(small, other, at)},v1=${signature(small, secret, at)}`],
  ["a rolled secret: the first v1 matches", small,
    `t=${at},v1=${signature(small, secret, at)},v1=${signature(small, other, at)}`],
  ["an older scheme beside v1 is ignored", small, `${header(small)},v0=${"0".repeat(64)}`],
  ["only an older scheme", small, `t=${at},v0=${signature(small, secret, at)}`],
  ["no timestamp", small, `v1=${signature(small, secret, at)}`],
  ["a timestamp that was not signed", small, `t=${at + 1},v1=${signature(small, secret, at)}`],
  ["an empty header", small, ""],
  ["a header of nonsense", small, "nonsense"],
  ["a signature cut short", small, header(small).slice(0, -1)],
  ["299 seconds old", small, header(small, { timestamp: at - 299 })],
  ["300 seconds old", small, header(small, { timestamp: at - 300 })],
  ["301 seconds old", small, header(small, { timestamp: at - 301 })],
  ["from the future", small, header(small, { timestamp: at + 3600 })],
  ["too old, and wrong as well", small, header(small, { timestamp: at - 999, secret: other })],
  ["old, with a tolerance of 1000", small, header(small, { timestamp: at - 999 }), 1000],
];

const vectors = cases.map(([name, payload, head, tolerance = 300]) => {
  let accepted = true, why = "";
  try {
    stripe.webhooks.constructEvent(payload, head, secret, tolerance, undefined, at * 1000);
  } catch (error) {
    accepted = false;
    why = error.constructor.name;
  }
  return { name, payload, header: head, secret, now: at, tolerance, accepted, why };
});

const version = Stripe.PACKAGE_VERSION;
console.log("-- Signatures and verdicts of the official `stripe` npm package, version " + version + ".");
console.log("-- Made by tests/data/make_stripe_vectors.js; not to be edited by hand.");
console.log("return json.decode [==[");
console.log(JSON.stringify(vectors, null, 1));
console.log("]==]");
