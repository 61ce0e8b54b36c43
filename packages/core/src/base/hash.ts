import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** SHA-256 of bytes, or of a text's UTF-8 bytes. 32 bytes. */
export function sha256Bytes(content: Uint8Array | string): Uint8Array {
  return sha256(typeof content === "string" ? utf8ToBytes(content) : content);
}

/** SHA-256 of bytes, or of a text's UTF-8 bytes, as 64 lower-case hex digits. */
export function sha256Hex(content: Uint8Array | string): string {
  return bytesToHex(sha256Bytes(content));
}
