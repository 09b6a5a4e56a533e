# Only the packages that run in production. No install script runs, and nothing is compiled: Node executes the sources.
FROM node:24.21.0-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && mkdir /data

# No shell, no package manager; user 65532. The root file system may be read-only: only /data is written.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
# One arena of malloc: with one for each thread, every peak of work leaves pieces of memory behind that nobody can use. And what is
# larger than a MiB goes back to the system when it is freed: the arrays of entities are, whenever they have grown.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1048576
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY detectors ./detectors
COPY src ./src
# Home of the embedded log and store (`embedded.directory: /data`); a named volume on it takes over this owner.
COPY --from=packages --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 8086

# Alive, not ready: a Kafka or Redis that is away is no reason to restart. With another `web.port`, set FORCEWATCH_PORT.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/nodejs/bin/node", "-e", "fetch('http://127.0.0.1:' + (process.env.FORCEWATCH_PORT ?? 8086) + '/-/healthy').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Node itself is process 1 and stops in order at SIGTERM.
ENTRYPOINT ["/nodejs/bin/node", "/app/src/main.ts"]
CMD ["run", "--config", "/etc/forcewatch/forcewatch.yaml"]
