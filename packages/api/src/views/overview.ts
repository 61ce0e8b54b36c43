import type { Database } from "@retort/db";
import type { Overview } from "../contract/overview.ts";

export declare function readOverview(db: Database): Promise<Overview>;
