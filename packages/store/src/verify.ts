import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import { corrupt } from "./errors.ts";

/** Passes bytes on and fails at the end, before the reader sees one, when they are not the content of that sha256. */
export function verify(sha256: string, where: string): Transform {
  const hash = createHash("sha256");
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const got = hash.digest("hex");
      done(got === sha256 ? null : corrupt(sha256, { got, where }));
    },
  });
}
