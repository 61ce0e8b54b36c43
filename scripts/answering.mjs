import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until a server answers, however long it takes: the first page of a development server may compile for minutes, and
 * whether its process lives is another's to watch.
 * @param options { isOver: whether to give up, onWaiting: told every `everyMs` the seconds so far and what came last }
 */
export async function answering(url, { isOver, onWaiting, everyMs = 15_000 }) {
  const startedAt = Date.now();
  let last = "no answer yet";
  const reminder = setInterval(() => onWaiting(Math.round((Date.now() - startedAt) / 1_000), last), everyMs);
  try {
    while (!isOver()) {
      const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(60_000) }).catch(() => null);
      if (answer !== null && answer.status < 500) return;
      if (answer !== null) last = `it answers with status ${answer.status}`;
      await sleep(50);
    }
  } finally {
    clearInterval(reminder);
  }
}
