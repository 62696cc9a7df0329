for (const url of process.argv.slice(2)) {
  try {
    const answer = await fetch(url);
    console.log(answer.status, await answer.text());
  } catch (error) {
    console.log("failed", url, error.cause?.code, error.cause?.message);
  }
}
