import path from "node:path";
import type { NextConfig } from "next";

const repositoryRoot = path.join(import.meta.dirname, "../..");

const config: NextConfig = {
  // Workspace packages export TypeScript source.
  transpilePackages: ["@retort/api", "@retort/core", "@retort/db", "@retort/engine", "@retort/store"],
  // Native code, or code that finds its own files at run time.
  serverExternalPackages: ["pg", "onnxruntime-node", "sharp", "@prisma/client", "@prisma/adapter-pg"],
  turbopack: {
    root: repositoryRoot,
    resolveAlias: {
      // Of core's node half the dashboard needs the data sets alone: the code that trains stays out of its bundle.
      "@retort/core/node": "../../packages/core/src/data-node.ts",
      // The migration runner reads its files beside its source and cannot be bundled; the start script runs it.
      "./migrate.ts": "./src/server/no-migrations.ts",
    },
  },
  outputFileTracingRoot: repositoryRoot,
  // The typecheck and lint of the repository run on their own; a build need not repeat them.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  devIndicators: false,
  allowedDevOrigins: ["127.0.0.1", "localhost"],
  images: { unoptimized: true },
  async headers() {
    return [
      {
        source: "/:path*",
        headers: [
          { key: "X-Content-Type-Options", value: "nosniff" },
          { key: "X-Frame-Options", value: "DENY" },
          { key: "Referrer-Policy", value: "same-origin" },
        ],
      },
    ];
  },
  async rewrites() {
    // A page cannot set a cookie: the printed link goes to the route that redeems its token.
    return {
      beforeFiles: [{ source: "/login", has: [{ type: "query", key: "token" }], destination: "/api/login" }],
    };
  },
};

export default config;
