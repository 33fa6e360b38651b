// Runs before anything else on the page: Google Analytics is off unless the cookie says yes (GA-04).
// The same test as state.js, because a classic script cannot import.
{
  const { dataset } = document.currentScript;
  const match = /(?:^|; )cookieconsent_status=a1\.(\d+)\.([a-z+]+)\.(\d{8})\./.exec(document.cookie);
  if (
    !("ga" in dataset && match && match[1] === dataset.notice && match[3] >= dataset.since &&
      match[2].split("+").includes("analytics"))
  ) {
    window["ga-disable-G-" + dataset.tag] = true;
  }
}
