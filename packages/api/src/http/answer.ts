import { RetortError } from "@retort/engine";
import { type Principal, refuseForeignPages, requirePrincipal } from "../auth.ts";
import { createContext, type Services } from "../context.ts";
import { errorView, httpStatus } from "../errors.ts";

/** Runs a handler for a caller who may; what it throws becomes the same error object that a procedure's caller gets. */
export async function answer(
  services: Services,
  request: Request,
  handle: (caller: { principal: Principal }) => Promise<Response>,
): Promise<Response> {
  try {
    refuseForeignPages(request, services.env);
    const principal = requirePrincipal((await createContext(services, request)).principal);
    return await handle({ principal });
  } catch (error) {
    if (error instanceof RetortError) return Response.json({ error: errorView(error) }, { status: httpStatus(error) });
    console.error(`${request.method} ${new URL(request.url).pathname}:`, error);
    return Response.json({ error: { code: "INTERNAL_ERROR", message: "The server failed" } }, { status: 500 });
  }
}
