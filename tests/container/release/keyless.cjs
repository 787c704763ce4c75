// Signing without a key as GitHub's actions do it, against a Fulcio, a certificate log, a Rekor and a time stamper on this
// machine: what is signed is attached to an image, found again as a stranger would find it, and verified.
//   node keyless.cjs REGISTRY/NAME@DIGEST TAG
// Prints, as JSON, what became of each case: `verified`, or why it was refused.
const { createHash, generateKeyPairSync } = require("crypto");
const http = require("http");
const mock = require("@sigstore/mock");
const { DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness } = require("@sigstore/sign");
const { bundleFromJSON, bundleToJSON } = require("@sigstore/bundle");
const { Verifier, toSignedEntity, toTrustMaterial } = require("@sigstore/verify");
const { attachArtifactToImage } = require("@sigstore/oci");
const { HashAlgorithm, PublicKeyDetails } = require("@sigstore/protobuf-specs");

const [reference, tag] = process.argv.slice(2);
const [imageName, imageDigest] = reference.split("@");
const REPOSITORY = "https://github.com/yunxiao-run/yunxiao-run";
const ISSUER = "https://token.actions.githubusercontent.com";
const IDENTITY = `${REPOSITORY}/.github/workflows/release.yml@refs/tags/${tag}`;
const OTHER = `sha256:${"0".repeat(64)}`;
const HOUR = 60 * 60 * 1000;
const since = new Date(Date.now() - 2 * HOUR);

const pair = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const base64url = text => Buffer.from(text).toString("base64url");

/** The public services, as an HTTP server here; `root` is what a verifier trusts. `origin` is what the log calls itself. */
async function services({ clock, keys, origin }) {
  const ct = await mock.initializeCTLog(keys.ct);
  const ca = await mock.initializeCA(keys.ca, ct, clock);
  const tsa = await mock.initializeTSA(keys.tsa);
  const server = http.createServer();
  await new Promise(done => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;
  const log = await mock.initializeTLog(origin ?? url, keys.log);
  const handlers = [mock.fulcioHandler(ca, { strict: true }), mock.rekorHandler(log, { strict: true }), mock.tsaHandler(tsa, { strict: true })];
  server.on("request", async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const handler = handlers.find(each => each.path === request.url);
    if (!handler) return response.writeHead(404).end();
    const answer = await handler.fn(Buffer.concat(chunks).toString());
    response.writeHead(answer.statusCode, { "Content-Type": answer.contentType || "text/plain" }).end(answer.response);
  });
  const authority = certificates => ({
    subject: { commonName: "sigstore", organization: "sigstore.mock" }, uri: url, operator: "local", validFor: { start: since },
    certChain: { certificates: certificates.map(rawBytes => ({ rawBytes })) },
  });
  const ledger = (key, keyId) => ({
    baseUrl: url, operator: "local", logId: { keyId }, hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: { rawBytes: key, keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256, validFor: { start: since } },
  });
  const root = {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    certificateAuthorities: [authority([ca.rootCertificate])],
    timestampAuthorities: [authority([tsa.intCertificate, tsa.rootCertificate])],
    tlogs: [ledger(log.publicKey, createHash("sha256").update(log.publicKey).digest())],
    ctlogs: [ledger(ct.publicKey, ct.logID)],
  };
  return { url, root, close: () => server.close() };
}

/** What a workflow with this identity attests of an image. */
async function signed({ url }, identity = IDENTITY, issuer = ISSUER) {
  const claims = { iss: issuer, sub: identity, aud: "sigstore", workflow_ref: identity };
  const token = [JSON.stringify({ alg: "none" }), JSON.stringify(claims), "signature"].map(base64url).join(".");
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: imageName, digest: { sha256: imageDigest.slice(7) } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: { runDetails: { builder: { id: identity } } },
  };
  const builder = new DSSEBundleBuilder({
    signer: new FulcioSigner({ fulcioBaseURL: url, identityProvider: { getToken: async () => token } }),
    witnesses: [new RekorWitness({ rekorBaseURL: url, entryType: "intoto" }), new TSAWitness({ tsaBaseURL: url })],
  });
  const data = Buffer.from(JSON.stringify(statement));
  return bundleToJSON(await builder.create({ data, type: "application/vnd.in-toto+json" }));
}

/** What `push-to-registry` does. */
function attach(bundle) {
  return attachArtifactToImage({
    imageName, imageDigest, fetchOpts: {}, artifact: Buffer.from(JSON.stringify(bundle)), mediaType: bundle.mediaType,
    annotations: { "dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1" },
  });
}

/** What the registry has for the image: by the referrers' interface, or by the tag that stands for it where there is none. */
async function found() {
  const [host, ...path] = imageName.split("/");
  const get = async what => {
    const headers = { Accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json" };
    return fetch(`http://${host}/v2/${path.join("/")}/${what}`, { headers });
  };
  const answer = await get(`referrers/${imageDigest}`);
  const listed = await (answer.ok ? answer : await get(`manifests/${imageDigest.replace(":", "-")}`)).json();
  const manifest = await (await get(`manifests/${listed.manifests.at(-1).digest}`)).json();
  return (await get(`blobs/${manifest.layers[0].digest}`)).json();
}

/** What `gh attestation verify --signer-workflow` holds against each other. */
function verify(root, bundle, digest = imageDigest) {
  const policy = { subjectAlternativeName: IDENTITY, extensions: { issuer: ISSUER } };
  new Verifier(toTrustMaterial(root)).verify(toSignedEntity(bundleFromJSON(bundle)), policy);
  const { subject } = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, "base64"));
  if (!subject.some(each => `sha256:${each.digest.sha256}` === digest)) throw new Error("it is of another image");
}

async function main() {
  const keys = { ct: pair(), ca: pair(), log: pair(), tsa: pair() };
  const usual = await services({ keys });
  const origin = usual.url;
  const again = await services({ keys, origin });
  const late = await services({ keys, origin, clock: new Date(Date.now() - HOUR) });
  const foreign = await services({ keys: { ...keys, ca: pair() }, origin });
  await attach(await signed(usual));
  const bundle = await found();

  const changed = structuredClone(bundle);
  const payload = Buffer.from(changed.dsseEnvelope.payload, "base64").toString();
  changed.dsseEnvelope.payload = Buffer.from(payload.replace(imageDigest.slice(7), OTHER.slice(7))).toString("base64");
  const unlogged = structuredClone(bundle);
  unlogged.verificationMaterial.tlogEntries = [];

  const cases = {
    "the image as released": [bundle],
    "a changed image": [bundle, OTHER],
    "a changed statement": [changed, OTHER],
    "another repository": [await signed(usual, IDENTITY.replace("yunxiao-run/yunxiao-run", "someone/fork"))],
    "another workflow": [await signed(usual, IDENTITY.replace("release.yml", "ci.yml"))],
    "another branch or tag": [await signed(usual, IDENTITY.replace(/@.*/, "@refs/heads/main"))],
    "another issuer": [await signed(usual, IDENTITY, "https://gitlab.com")],
    "the same authority, started again": [await signed(again)],
    "an expired certificate": [await signed(late)],
    "an unknown authority": [await signed(foreign)],
    "a missing log entry": [unlogged],
  };
  const became = {};
  for (const [name, [signature, digest]] of Object.entries(cases)) {
    try {
      verify(usual.root, signature, digest);
      became[name] = "verified";
    } catch (error) {
      became[name] = error.message;
    }
  }
  console.log(JSON.stringify(became));
  for (const each of [usual, again, late, foreign]) each.close();
}

main().catch(error => {
  console.error(error, error.cause);
  process.exit(1);
});
