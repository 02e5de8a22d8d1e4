// The way to the sandbox: acts go out, events come in over one stream for all three phones.

const RETRY = 2000; // milliseconds

async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.ok;
  } catch {
    return false; // the app itself is gone; the stream says so on the page
  }
}

export const act = (handset, what) => post(`/phones/${handset}/messages`, what);

export const reset = (handset, country) => post(`/phones/${handset}/reset`, { country });

/** Who carries what this phone writes from now on; every screen says who does. */
export const carry = (handset, provider) => post(`/phones/${handset}/carrier`, { provider });

/** Invented files to ask about: [{file_id, birth_date, note}], none when the sandbox is down. */
export async function demoFiles() {
  try {
    const answer = await fetch("/phones/demo");
    return answer.ok ? (await answer.json()).applications : [];
  } catch {
    return [];
  }
}

/** Call `on.screen(screen)`, `on.bubble(bubble)` and `on.up(true | false)` for ever, connecting again when cut off. */
export function follow(on) {
  const source = new EventSource("/phones/events");
  source.addEventListener("screen", (event) => on.screen(JSON.parse(event.data)));
  source.addEventListener("bubble", (event) => on.bubble(JSON.parse(event.data)));
  source.addEventListener("open", () => on.up(true));
  source.addEventListener("error", () => {
    on.up(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(on), RETRY); // a 502 ends an EventSource
  });
}
