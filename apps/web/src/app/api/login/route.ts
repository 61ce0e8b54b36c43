import { server } from "../../../server/api.ts";

/** Where /login?token=... ends up: a page cannot set a cookie. */
export async function GET(request: Request) {
  return server().api.redeemLogin(request);
}
