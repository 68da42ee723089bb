#!/bin/sh
# SPDX-License-Identifier: MIT
# Deploys serverless.yml to LocalStack and starts the bridge. Needs Docker with its compose plugin; the chain is the
# one of the environment (INDRA_CHAINS, HUB_PRIVATE_KEY_FILE, HUB_TREASURY_KEY_FILE), reachable from containers.
set -eu
cd "$(dirname "$0")/../.."

fail() { echo "indra: $1" >&2; exit 1; }
docker compose version >/dev/null 2>&1 || fail 'docker compose is missing: install Docker.'
[ -n "${INDRA_CHAINS:-}" ] || fail 'INDRA_CHAINS is not set: the list of chains as JSON, with RPC URLs containers can reach.'
[ -r "${HUB_PRIVATE_KEY_FILE:-}" ] || fail 'HUB_PRIVATE_KEY_FILE names no file that can be read.'
[ -r "${HUB_TREASURY_KEY_FILE:-}" ] || fail 'HUB_TREASURY_KEY_FILE names no file that can be read.'

node infra/bootstrap.mjs
PATH="$PWD/node_modules/.bin:$PATH"
hash -r
STATE="$PWD/.indra/localstack"
mkdir -p "$STATE"
node --no-warnings infra/nats/generate.ts --out "$STATE/nats"
# shellcheck disable=SC1091
. "$STATE/nats/hub.env"
docker compose -f infra/localstack/docker-compose.yml up -d --wait

# Everything that speaks to AWS now speaks to LocalStack; serverless has no plugin for it and needs none.
export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_REGION=eu-central-1
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

[ -s "$STATE/token.secret" ] || (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$STATE/token.secret")
secret() {
  node --no-warnings --input-type=module -e '
    import { readFileSync } from "node:fs";
    import { SecretsManagerClient, CreateSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
    const [Name, file] = process.argv.slice(1);
    const SecretString = readFileSync(file, "utf8");
    const client = new SecretsManagerClient({});
    await client.send(new CreateSecretCommand({ Name, SecretString })).catch((error) => {
      if (error.name !== "ResourceExistsException") throw error;
      return client.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
    });
  ' "$1" "$2"
}
secret indra/hub-key "$HUB_PRIVATE_KEY_FILE"
secret indra/treasury-key "$HUB_TREASURY_KEY_FILE"
secret indra/token "$STATE/token.secret"
secret indra/nats-credentials "$INDRA_NATS_CREDENTIALS_FILE"
secret indra/nats-signing "$INDRA_NATS_SIGNING_SEED_FILE"

export INDRA_NATS_ACCOUNT HUB_PRIVATE_KEY_SECRET=indra/hub-key HUB_TREASURY_KEY_SECRET=indra/treasury-key
export INDRA_TOKEN_SECRET_SECRET=indra/token
export INDRA_NATS_CREDENTIALS_SECRET=indra/nats-credentials INDRA_NATS_SIGNING_SEED_SECRET=indra/nats-signing
export INDRA_NATS_URLS="${INDRA_NATS_URLS:-nats://host.docker.internal:4222}"
export INDRA_NATS_PUBLIC_URLS=nats://127.0.0.1:4222 INDRA_NATS_PUBLIC_WEBSOCKET_URLS=ws://127.0.0.1:4223
export INDRA_PUBLIC_URL="${INDRA_PUBLIC_URL:-http://127.0.0.1:4566}"
serverless deploy --stage local

INDRA_NATS_URLS=nats://127.0.0.1:4222 exec node --no-warnings infra/bridge/bridge.ts \
  --routes .serverless/nats-routes.json --endpoint "$AWS_ENDPOINT_URL"
