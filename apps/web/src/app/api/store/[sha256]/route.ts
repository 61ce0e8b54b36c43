import { server } from "../../../../server/api.ts";

async function handle(request: Request, { params }: { params: Promise<{ sha256: string }> }) {
  return server().api.artifactStore(request, (await params).sha256);
}

export { handle as DELETE, handle as GET, handle as HEAD };
