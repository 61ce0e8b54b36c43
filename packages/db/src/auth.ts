import { createHash, randomBytes } from "node:crypto";
import type { Pool } from "pg";
import { v7 as uuid } from "uuid";
import { NotFoundError } from "./errors.ts";

export interface SessionRow {
  createdAt: Date;
  expiresAt: Date;
  lastSeenAt: Date;
}

export interface ApiKeyRow {
  id: string;
  name: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** Secrets are 256 random bits; only their sha256 is stored. */
export interface Auth {
  /** Token for one sign-in, by default within 24 hours. */
  createLoginToken(options?: { lifetimeMs?: number }): Promise<string>;
  /** The token of a new session, or null when the login token is unknown, expired or used. */
  redeemLoginToken(token: string, options?: { sessionLifetimeMs?: number }): Promise<string | null>;
  /** The session of a token, or null when it is unknown or expired. */
  session(token: string): Promise<SessionRow | null>;
  endSession(token: string): Promise<void>;
  createApiKey(name: string): Promise<{ id: string; key: string }>;
  apiKey(key: string): Promise<ApiKeyRow | null>;
  listApiKeys(): Promise<ApiKeyRow[]>;
  /** What is signed with it is refused from now on. @throws NotFoundError */
  revokeApiKey(id: string): Promise<void>;
}

const dayMs = 86_400_000;

// A plain hash is enough for 256 random bits: there is no password to guess.
const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");
const newSecret = () => randomBytes(32).toString("base64url");

export function auth(pool: Pool): Auth {
  const apiKeyColumns = `id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt"`;
  return {
    async createLoginToken({ lifetimeMs = dayMs } = {}) {
      const token = newSecret();
      await pool.query("DELETE FROM login_token WHERE expires_at < now() - interval '7 days'");
      await pool.query(
        "INSERT INTO login_token (hash, expires_at) VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond')",
        [hashOf(token), lifetimeMs],
      );
      return token;
    },
    async redeemLoginToken(token, { sessionLifetimeMs = 90 * dayMs } = {}) {
      const session = newSecret();
      // The guard used_at IS NULL and the session it buys are one statement: of two redemptions at once one finds no row.
      const { rowCount } = await pool.query(
        `WITH redeemed AS (
          UPDATE login_token SET used_at = clock_timestamp()
          WHERE hash = $1 AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING hash
        ) INSERT INTO session (hash, expires_at)
          SELECT $2, clock_timestamp() + $3 * interval '1 millisecond' FROM redeemed`,
        [hashOf(token), hashOf(session), sessionLifetimeMs],
      );
      return rowCount === 1 ? session : null;
    },
    async session(token) {
      const hash = hashOf(token);
      const { rows } = await pool.query<SessionRow>(
        `SELECT created_at AS "createdAt", expires_at AS "expiresAt", last_seen_at AS "lastSeenAt"
         FROM session WHERE hash = $1 AND expires_at > clock_timestamp()`,
        [hash],
      );
      const session = rows[0];
      if (session === undefined) return null;
      // Not at every request: a page makes dozens.
      await pool.query(
        "UPDATE session SET last_seen_at = clock_timestamp() WHERE hash = $1 AND last_seen_at < clock_timestamp() - interval '1 minute'",
        [hash],
      );
      return session;
    },
    async endSession(token) {
      await pool.query("DELETE FROM session WHERE hash = $1", [hashOf(token)]);
    },
    async createApiKey(name) {
      const id = uuid();
      const key = `retort_${newSecret()}`;
      await pool.query("INSERT INTO api_key (id, name, hash) VALUES ($1, $2, $3)", [id, name, hashOf(key)]);
      return { id, key };
    },
    async apiKey(key) {
      const { rows } = await pool.query<ApiKeyRow>(`SELECT ${apiKeyColumns} FROM api_key WHERE hash = $1`, [
        hashOf(key),
      ]);
      const found = rows[0];
      if (found === undefined) return null;
      await pool.query(
        `UPDATE api_key SET last_used_at = clock_timestamp()
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')`,
        [found.id],
      );
      return found;
    },
    async listApiKeys() {
      return (await pool.query<ApiKeyRow>(`SELECT ${apiKeyColumns} FROM api_key ORDER BY created_at`)).rows;
    },
    async revokeApiKey(id) {
      const { rowCount } = await pool.query("DELETE FROM api_key WHERE id = $1", [id]);
      if (rowCount === 0) throw new NotFoundError("API key", id);
    },
  };
}
