// The page's own wording, put into the page by the server in the page's language.

const words = JSON.parse(document.getElementById("words").textContent);
const plurals = new Intl.PluralRules(document.documentElement.lang);

export const statusQuestion = JSON.parse(document.getElementById("question").textContent);

/** The wording `key` with `{name}` filled in. */
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** The wording for `n` things: `key_one`, `key_two`, `key_few`, `key_many`, else `key_other`. */
export function count(key, n) {
  const form = `${key}_${plurals.select(n)}`;
  return say(form in words ? form : `${key}_other`, { n });
}
