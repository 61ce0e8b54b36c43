import { canonicalJson } from "../base/canonical-json.ts";
import { sha256Hex } from "../base/hash.ts";

/** Raised whenever the engine would give other bits for the same graph: part of every content key. */
export const engineNumerics = 1;

/** Everything that decides what a stage produces. Where and how fast it runs (worker, lease, priority) is no part of it. */
export interface KeyParts {
  kind: string;
  kindVersion: number;
  /** Parsed by the kind's schema, defaults filled in. */
  params: Record<string, unknown>;
  /** Input's name -> content key of the stage that makes it, and the output taken. */
  inputs: Record<string, { contentKey: string; artifact: string }>;
  dataFingerprint: string | null;
  seed: number;
  engine: number;
  /** Set in a project that keeps its results to itself. */
  scope?: string;
  /** Set when the stage was asked for anew though its result exists: 1 for the first repetition, and so on. */
  repeat?: number;
  /** Set when it begins from the checkpoint of another stage: content and step. */
  fork?: { sha256: string; step: number };
}

/** 64 hex digits. Stages of equal keys are one: executed once, whoever asks. */
export function contentKey(parts: KeyParts): string {
  return sha256Hex(canonicalJson(parts));
}

/** 64 hex digits over recipe and parameters without the seed: the runs of one configuration share it. */
export function configKey(recipe: string, params: unknown): string {
  return sha256Hex(canonicalJson({ recipe, params }));
}

/** One leaf in which two stages differ: "params.lr", "inputs.student.contentKey", "seed". Undefined: absent on that side. */
export interface KeyDifference {
  path: string;
  ours: unknown;
  theirs: unknown;
}

/** Why one stage is not the other: the leaves that differ, in order of their path; empty when they are the same stage. */
export function diffKeyParts(ours: KeyParts, theirs: KeyParts): KeyDifference[] {
  const left = leaves(ours);
  const right = leaves(theirs);
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => canonicalLeaf(left.get(path)) !== canonicalLeaf(right.get(path)))
    .sort()
    .map((path) => ({ path, ours: left.get(path), theirs: right.get(path) }));
}

function canonicalLeaf(value: unknown): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}

// Lists count as leaves: [1, 2] against [1, 2, 3] reads better whole than index by index.
function leaves(value: object, prefix = "", found = new Map<string, unknown>()): Map<string, unknown> {
  for (const [key, member] of Object.entries(value)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    const isBranch = typeof member === "object" && member !== null && !Array.isArray(member);
    if (isBranch && Object.keys(member).length > 0) leaves(member, path, found);
    else found.set(path, member);
  }
  return found;
}
