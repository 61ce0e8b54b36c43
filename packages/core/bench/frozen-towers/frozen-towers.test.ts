import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { detect, evaluate } from "./detection.ts";
import { embeddings, hub, towers } from "./files.ts";
import type { Architecture, Job, Part } from "./part.ts";
import { gradient, train, weights } from "./training.ts";

vi.setConfig({ testTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), "retort-frozen-"));
afterAll(() => rmSync(folder, { recursive: true }));

// Two of the twelve blocks: all of them are the benchmark's, which takes minutes.
const architecture: Architecture = { tower: "vit-b-16", blocks: 2, sizePx: 224, layers: [1, 2] };
const job: Job = { architecture, folder, threads: 1 };

/** In this order: each reads what those before it have left. */
const parts: [string, Part][] = [
  ["are written", hub],
  ["are imported by their names alone", towers],
  ["give what the files give", embeddings],
  ["stay frozen in training", train],
  ["stay as they were, while prompts and adapters learn", weights],
  ["pass a gradient that agrees with the loss", gradient],
  ["are evaluated", evaluate],
  ["detect as they were evaluated", detect],
];

describe("towers of ViT-B/16's width and vocabulary, from a hub's files to a picture", () => {
  it.each(parts)("%s", async (_, part) => {
    const { checks } = await part(job);
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  });
});
