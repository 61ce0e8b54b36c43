import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { authenticate, type Principal } from "./auth.ts";
import { createContext, type Services } from "./context.ts";
import { artifactStore } from "./http/artifact-store.ts";
import { downloadArtifact } from "./http/download-artifact.ts";
import { downloadChanges } from "./http/download-changes.ts";
import { downloadParts } from "./http/download-parts.ts";
import { redeemLogin } from "./http/redeem-login.ts";
import { sampleImage } from "./http/sample-image.ts";
import { appRouter } from "./root.ts";

/** Everything the server answers below its pages, as functions of a web Request: mount them where the paths say. */
export interface Api {
  /** GET and POST /api/trpc/* */
  trpc(request: Request): Promise<Response>;
  /** GET /api/artifacts/<id>/download */
  downloadArtifact(request: Request, id: string): Promise<Response>;
  /** GET /api/artifacts/<id>/parts */
  downloadParts(request: Request, id: string): Promise<Response>;
  /** GET /api/stages/<id>/attempts/<number>/changes */
  downloadChanges(request: Request, attempt: { stageId: string; number: string }): Promise<Response>;
  /** GET /api/images/<sha256> */
  sampleImage(request: Request, sha256: string): Promise<Response>;
  /** GET and POST /api/store; GET, HEAD and DELETE /api/store/<sha256> */
  artifactStore(request: Request, sha256: string | null): Promise<Response>;
  /** GET /login?token=... */
  redeemLogin(request: Request): Promise<Response>;
  /** Who sends these headers; for pages that are rendered on the server. */
  authenticate(headers: Headers): Promise<Principal | null>;
}

export function createApi(services: Services): Api {
  return {
    trpc: (request) =>
      fetchRequestHandler({
        endpoint: "/api/trpc",
        req: request,
        router: appRouter,
        // What is asked about may be longer than a URL: a query may come in a body, under the rules of a write.
        allowMethodOverride: true,
        createContext: () => createContext(services, request),
        onError({ error, path }) {
          // Refusals are answers; what is left is a defect, and its stack belongs in the log.
          if (error.code === "INTERNAL_SERVER_ERROR") console.error(`${path ?? "?"}:`, error.cause ?? error);
        },
      }),
    downloadArtifact: (request, id) => downloadArtifact(services, request, id),
    downloadParts: (request, id) => downloadParts(services, request, id),
    downloadChanges: (request, attempt) => downloadChanges(services, request, attempt),
    sampleImage: (request, sha256) => sampleImage(services, request, sha256),
    artifactStore: (request, sha256) => artifactStore(services, request, sha256),
    redeemLogin: (request) => redeemLogin(services, request),
    authenticate: (headers) => authenticate(headers, services.db),
  };
}
