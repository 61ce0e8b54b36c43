import { server } from "../../../../server/api.ts";

export async function GET(request: Request, { params }: { params: Promise<{ sha256: string }> }) {
  return server().api.sampleImage(request, (await params).sha256);
}
