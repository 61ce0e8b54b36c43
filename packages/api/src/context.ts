import type { Database } from "@retort/db";
import type { Store } from "@retort/store";
import { authenticate, type Principal } from "./auth.ts";
import type { ApiEnv } from "./env.ts";

/** What the server was started with; the same for all calls. */
export interface Services {
  db: Database;
  store: Store;
  env: ApiEnv;
}

/** What one call sees. */
export interface Context extends Services {
  request: { method: string; headers: Headers };
  principal: Principal | null;
}

export async function createContext(services: Services, request: Request): Promise<Context> {
  return { ...services, request, principal: await authenticate(request.headers, services.db) };
}
