// Runs before anything else on the page: Google Analytics is off unless the cookie says yes (GA-04)
// and the server, which checks the whole of it, agrees. consent.js and the tests call `read` too.
{
  const own = document.currentScript;
  const page = own.dataset;
  own.read = (jar = document.cookie) => {
    const [, value = "", notice, categories, day] =
      /(?:^|; )cookieconsent_status=([ra]1\.(\d+)\.(?:([a-z+]+)\.)?(\d{8})[^;]*)/.exec(jar) || [];
    const decided = notice === page.notice && day >= page.since;
    return {
      value,
      status: decided ? "decided" : page.status || "undecided",
      categories: decided && categories ? categories.split("+") : [],
    };
  };
  if (!("ga" in page && own.read().categories.includes("analytics"))) {
    window["ga-disable-G-" + page.tag] = true;
  }
}
