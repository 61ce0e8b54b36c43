import type { Database } from "@retort/db";
import type { Artifact } from "../contract/artifact.ts";

export declare function listArtifacts(db: Database, runId: string): Promise<Artifact[]>;
