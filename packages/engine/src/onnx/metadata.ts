import { decodeModel } from "./proto.ts";

/** A model's metadata_props: what its producer wrote beside the graph. @throws ModelError for bytes that are no ONNX model */
export function onnxMetadata(bytes: Uint8Array): Record<string, string> {
  const { metadataProps = [] } = decodeModel(bytes);
  return Object.fromEntries(metadataProps.map(({ key, value }) => [key ?? "", value ?? ""]));
}
