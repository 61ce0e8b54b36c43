import type { Database } from "@retort/db";
import type { Worker } from "../contract/worker.ts";

export declare function listWorkers(db: Database): Promise<Worker[]>;
