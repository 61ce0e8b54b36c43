import type { Services } from "../context.ts";

export declare function sampleImage(services: Services, request: Request, sha256: string): Promise<Response>;
