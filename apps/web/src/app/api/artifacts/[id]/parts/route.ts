import { server } from "../../../../../server/api.ts";

export async function GET(request: Request, { params }: { params: Promise<{ id: string }> }) {
  return server().api.downloadParts(request, (await params).id);
}
