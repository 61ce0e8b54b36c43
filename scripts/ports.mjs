import { createServer } from "node:net";

/** @returns whether this host and port can be listened on */
export function isPortFree(host, port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** A port of the loopback address that nobody listens on at this moment. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", resolve);
  });
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * The port to serve on: PORT as given, which must be free, else the first free one from 3000 on.
 * @throws Error saying what to do
 */
export async function choosePort(host, asked) {
  if (asked !== undefined && asked !== "") {
    const port = Number(asked);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Error(`PORT must be 1 to 65535; got "${asked}".`);
    if (await isPortFree(host, port)) return port;
    throw new Error(
      `Port ${port} on ${host} is taken. Choose another (PORT=3001 npm start), or leave PORT out to have a free one chosen.`,
    );
  }
  for (let port = 3000; port < 3100; port++) if (await isPortFree(host, port)) return port;
  throw new Error(`No port from 3000 to 3099 is free on ${host}. Name one: PORT=8080 npm start.`);
}
