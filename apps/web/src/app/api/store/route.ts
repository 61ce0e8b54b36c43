import { server } from "../../../server/api.ts";

const handle = (request: Request) => server().api.artifactStore(request, null);

export { handle as GET, handle as POST };
