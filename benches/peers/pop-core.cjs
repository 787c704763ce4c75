// Starts a run with Alibaba Cloud's client for Node, as its documentation does.
const { ROAClient } = require("@alicloud/pop-core");

const { ENDPOINT, ACCESS_KEY_ID, ACCESS_KEY_SECRET, ORGANIZATION, PIPELINE } = process.env;

async function main() {
  const client = new ROAClient({
    accessKeyId: ACCESS_KEY_ID,
    accessKeySecret: ACCESS_KEY_SECRET,
    endpoint: `http://${ENDPOINT}`,
    apiVersion: "2021-06-25",
  });
  const path = `/organizations/${ORGANIZATION}/pipelines/${PIPELINE}/run`;
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const body = `params=${encodeURIComponent('{"comment":"peers"}')}`;
  const answer = await client.request("POST", path, {}, body, headers);
  console.log(answer.pipelineRunId);
}

main();
