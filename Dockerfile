# Builds the site, and serves it as a user who can write to /data alone, on a port above 1023.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm install --no-save && npm run build && npm prune --omit=dev --no-save

FROM node:20-bookworm-slim
ENV NODE_ENV=production EVENKEEL_LOG=info EVENKEEL_CACHE=/data/cache
WORKDIR /app
COPY --from=build /app /app
# The user "node", by number for whoever asks that it is not root.
RUN mkdir /data && chown 1000:1000 /data
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:3000/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/cli/bin/evenkeel.js", "serve", "--host", "0.0.0.0", "--data", "/data"]
