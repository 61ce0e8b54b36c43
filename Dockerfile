FROM node:22-bookworm-slim
WORKDIR /opt/retort
ENV NEXT_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1
COPY . .
RUN npm ci --no-audit --no-fund && npm run generate && npm run build && mkdir -p /var/lib/retort && chown node /var/lib/retort
USER node
