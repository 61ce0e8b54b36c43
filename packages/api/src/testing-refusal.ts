import { describeError } from "./client.ts";

/** What a client is told about a call that has to be refused. @throws Error when it was not */
export async function refusal(call: Promise<unknown>) {
  return call.then(
    () => Promise.reject(new Error("The call was not refused")),
    (error: unknown) => describeError(error),
  );
}
