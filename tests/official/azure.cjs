// Reads orders as Azure's own library for tasks does: one a line in, one line of JSON out with what they mean.
const readline = require("readline");
const { commandFromString } = require("azure-pipelines-task-lib/taskcommand");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { command, properties, message } = commandFromString(line);
  console.log(JSON.stringify({ command, properties, message }));
});
