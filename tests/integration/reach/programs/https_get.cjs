const https = require("https");

function get(url) {
  return new Promise((resolve) => {
    const request = https.get(url, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve(`${answer.statusCode} ${text}`));
    });
    request.on("error", (error) => resolve(`failed ${url} ${error.code}`));
  });
}

(async () => {
  for (const url of process.argv.slice(2)) console.log(await get(url));
})();
