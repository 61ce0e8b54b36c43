import type { QueuePlace } from "@retort/api";

export const shownStages = 200;

/** What the page asks for, on the server and in the browser alike. */
export function queueInput(place: QueuePlace | undefined) {
  return { place, limit: shownStages };
}
