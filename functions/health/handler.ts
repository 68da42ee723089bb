// SPDX-License-Identifier: MIT
/** `GET /health/live`: the process answers. `GET /health/ready`: it can also reach what it needs to serve. */
import { hubProcess } from '../../lib/hub/runtime/load-hub.ts';
import { checkDefence } from '../../lib/hub/chain-cursor.ts';
import { newCorrelationId } from '../../lib/messaging/envelope.ts';
import type { HttpEvent, HttpReply } from '../../lib/messaging/http-event.ts';

export const handler = async (event: HttpEvent): Promise<HttpReply> => {
  const path = event.rawPath ?? event.requestContext?.http?.path ?? '';
  return path.endsWith('/ready') ? ready() : reply(200, { live: true });
};

async function ready(): Promise<HttpReply> {
  try {
    const process = await hubProcess();
    const hub = process.forInvocation('health', { id: newCorrelationId() });
    const chains = await Promise.all(
      [...hub.chains.values()].map(async (chain) => {
        const fresh = await checkDefence(hub, chain);
        return {
          chainId: chain.config.chainId,
          ok: fresh.ok,
          ...(fresh.ok ? {} : { code: fresh.error.code }),
        };
      }),
    );
    const store = await process.store.ready();
    const bus = process.bus.connected();
    const isReady = store && bus && chains.every((chain) => chain.ok);
    return reply(isReady ? 200 : 503, { ready: isReady, store, bus, chains });
  } catch (cause) {
    return reply(503, { ready: false, cause: String(cause) });
  }
}

const reply = (statusCode: number, body: object): HttpReply => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});
