import { server } from "../../../../server/api.ts";

const answer = (request: Request) => server().api.trpc(request);

export { answer as GET, answer as POST };
