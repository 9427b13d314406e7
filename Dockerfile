# syntax=docker/dockerfile:1
# glibc and Debian, like the machines the tests run on.
FROM node:24.11-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --include=optional
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
COPY web ./web
RUN npm run -s build && rm -rf dist/test dist/bench \
 # A container has its servers by URL: the embedded PostgreSQL (an optional package) stays out.
 && npm prune --omit=dev --omit=optional

FROM node:24.11-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY deploy/healthcheck.mjs ./deploy/healthcheck.mjs
COPY LICENSE ./
# A volume mounted here belongs to whom the folder belongs.
RUN mkdir /data && chown node:node /data
USER node
EXPOSE 3000
# Longer than DRAIN_MS: SIGTERM lets the requests in flight end. Node itself gets the signal: no shell, no npm in between.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 CMD ["node", "deploy/healthcheck.mjs"]
# Room for young objects: with the default of 16 MB a rush spends a seventh of its time copying those of requests in flight.
ENTRYPOINT ["node", "--max-semi-space-size=64", "--enable-source-maps", "dist/src/main.js"]
CMD ["serve", "--role", "gateway,tickets,payments"]
