import type { Overview } from "@retort/api";
import { describe, expect, it } from "vitest";
import { hasRuns, notShown, underWay } from "./under-way.ts";

const none = { queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, pruned: 0 };
const shown = (statuses: string[]) => statuses.map((status) => ({ status })) as Overview["liveRuns"];

describe("what is under way", () => {
  it("counts all runs, whether they are shown or not", () => {
    expect(underWay({ ...none, running: 2, queued: 24 })).toBe("2 running, 24 queued");
    expect(underWay({ ...none, queued: 24, failed: 3 })).toBe("24 queued");
    expect(underWay({ ...none, succeeded: 3 })).toBeUndefined();
  });

  it("tells by status which runs the list leaves out", () => {
    const counts = { ...none, running: 2, queued: 24 };
    expect(notShown(counts, shown(["running", "running", "queued"]))).toEqual([{ status: "queued", count: 23 }]);
    expect(notShown({ ...none, running: 12 }, shown(Array(10).fill("running")))).toEqual([
      { status: "running", count: 2 },
    ]);
    expect(notShown({ ...none, running: 1 }, shown(["running"]))).toEqual([]);
  });

  it("is a first visit only while no run of any status is there", () => {
    expect(hasRuns(none)).toBe(false);
    expect(hasRuns({ ...none, pruned: 1 })).toBe(true);
  });
});
