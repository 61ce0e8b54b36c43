import type { Services } from "../context.ts";

export declare function redeemLogin(services: Services, request: Request): Promise<Response>;
