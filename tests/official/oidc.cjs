// What alibabacloud's own action for GitHub does, with the same libraries: asks the CI host for an identity token, and
// exchanges it at STS. Started by oidc.py.
//
//     node oidc.cjs FOLDER STS-ENDPOINT ROLE-ARN OIDC-PROVIDER-ARN AUDIENCE SESSION-NAME DURATION-SECONDS
//
// Prints lines of the libraries, then one line of JSON: the credentials, or the message of the error.
const fs = require("fs");
const path = require("path");
const core = require("@actions/core");
const { default: Credential, Config } = require("@alicloud/credentials");

async function main() {
  const [folder, stsEndpoint, roleArn, oidcProviderArn, audience, roleSessionName, seconds] = process.argv.slice(2);
  const oidcTokenFilePath = path.join(folder, "token");
  fs.writeFileSync(oidcTokenFilePath, await core.getIDToken(audience));
  const config = new Config({
    type: "oidc_role_arn",
    stsEndpoint,
    roleArn,
    oidcProviderArn,
    oidcTokenFilePath,
    roleSessionName,
    roleSessionExpiration: Number(seconds),
  });
  const { accessKeyId, accessKeySecret, securityToken } = await new Credential(config).getCredential();
  return { accessKeyId, accessKeySecret, securityToken };
}

main()
  .catch((error) => ({ error: error.message }))
  .then((result) => console.log(JSON.stringify(result)));
