import { server } from "../../../../../../../server/api.ts";

export async function GET(request: Request, { params }: { params: Promise<{ id: string; number: string }> }) {
  const { id, number } = await params;
  return server().api.downloadChanges(request, { stageId: id, number });
}
