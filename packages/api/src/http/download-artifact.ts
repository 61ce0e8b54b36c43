import type { Services } from "../context.ts";

export declare function downloadArtifact(services: Services, request: Request, id: string): Promise<Response>;
