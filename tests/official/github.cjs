// Writes outputs and annotations as GitHub's own library for actions does: one JSON string a line in; the outputs go to the file
// that is the argument.
process.env.GITHUB_OUTPUT = process.argv[2];
const readline = require("readline");
const core = require("@actions/core");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const value = JSON.parse(line);
  core.setOutput("output", value);
  core.error(value, { title: value });
});
