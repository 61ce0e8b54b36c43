/** Base64 of bytes, in pieces that fit a call. */
export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let first = 0; first < bytes.length; first += 0x8000) {
    pieces.push(String.fromCharCode(...bytes.subarray(first, first + 0x8000)));
  }
  return btoa(pieces.join(""));
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
