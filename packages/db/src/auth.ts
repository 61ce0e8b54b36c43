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
  revokeApiKey(id: string): Promise<void>;
}
