// What a cookie says. Pure: no document, no clock (tests/js/state.test.js).

const VALUE = /^(?:r1\.(\d+)|a1\.(\d+)\.([a-z]+(?:\+[a-z]+)*))\.(\d{8})(?:\.[\w-]{32})?$/;

/**
 * Read `cookieconsent_status` out of a `document.cookie` string.
 * @param {string} jar
 * @param {{notice: string, since: string, gpc?: string}} page what the server says of this page
 * @returns {{status: string, categories: string[], value: string}}
 *   `status` is "undecided", "decided", "expired" or "gpc"; unknown values are no consent.
 */
export function read(jar, page) {
  const value = (/(?:^|; )cookieconsent_status=([^;]*)/.exec(jar) || ["", ""])[1];
  const match = VALUE.exec(value);
  const notice = match && (match[1] || match[2]);
  if (match && notice === page.notice && match[4] >= page.since) {
    return { status: "decided", categories: match[3] ? match[3].split("+") : [], value };
  }
  const status = page.gpc != null ? "gpc" : match && +notice <= +page.notice ? "expired" : "undecided";
  return { status, categories: [], value };
}
