// SPDX-License-Identifier: MIT
/** The tower over HTTP: whatever arrives is answered in the protocol's words, and nothing that arrives can end it. */
import { decodeRequest } from '../messaging/envelope.ts';
import { httpReply, type HttpReply } from '../messaging/http-event.ts';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import { shownState, type TowerReceipt } from '../protocol/wire/watchtower.ts';
import { StoreFault } from '../store/store.ts';
import { Allowance } from './allowance.ts';
import { StatusBoard } from './status.ts';
import { takeState } from './take-state.ts';
import type { Tower } from './tower.ts';

export interface DoorRequest {
  readonly method: string;
  readonly path: string;
  /** Null where it was longer than a message may be. */
  readonly body: string | null;
  /** Who sent it, as far as the network says. */
  readonly sender: string;
}

/** Wallets run on pages of any origin, and there is nothing here that belongs to an origin. */
const OPEN = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '86400',
};

/** `statesPerMinute`: what one sender may show. */
export function openDoor(tower: Tower, { statesPerMinute }: { readonly statesPerMinute: number }) {
  const board = new StatusBoard(tower);
  const allowance = new Allowance(statesPerMinute);

  async function answer({ method, path, body, sender }: DoorRequest): Promise<HttpReply> {
    if (method === 'OPTIONS') return { statusCode: 204, headers: {}, body: '' };
    switch (`${method} ${path}`) {
      case 'POST /v1/states':
        return states(body, sender);
      case 'GET /v1/status':
        return reply('', ok(await board.status()));
      case 'GET /health/live':
        return plain(200, { live: true });
      case 'GET /health/ready': {
        const { isReady, ...rest } = await board.readiness();
        return plain(isReady ? 200 : 503, { ready: isReady, ...rest });
      }
      default:
        return reply('', refuse('unknown_operation', { method, path: path.slice(0, 100) }));
    }
  }

  async function states(body: string | null, sender: string): Promise<HttpReply> {
    const { maxMessageBytes } = tower.limits;
    if (!allowance.take(sender, tower.clock.now())) return reply('', refuse('busy', { statesPerMinute }));
    if (body === null) return reply('', refuse('too_large', { maxBytes: maxMessageBytes }));
    const { id, request } = decodeRequest(body, maxMessageBytes);
    return reply(id, request.ok ? await show(request.value.body) : request);
  }

  async function show(body: unknown): Promise<Outcomes<TowerReceipt>> {
    const shown = shownState.safeParse(body);
    if (!shown.success) {
      const [issue] = shown.error.issues;
      return refuse('malformed', { at: issue?.path.join('.').slice(0, 200) ?? '' });
    }
    return takeState(tower, shown.data);
  }

  return async (request: DoorRequest): Promise<HttpReply> => {
    const answered = await answer(request).catch((cause: unknown) => {
      const isStore = cause instanceof StoreFault && cause.code === 'store_unavailable';
      tower.log.error({ cause: String(cause), path: request.path }, 'a request could not be served');
      return reply('', refuse(isStore ? 'store_unavailable' : 'internal'));
    });
    return { ...answered, headers: { ...answered.headers, ...OPEN } };
  };
}

const reply = (id: string, outcome: Outcomes<unknown>): HttpReply =>
  httpReply(id, toJson(outcome) as Outcomes<unknown>);

const plain = (statusCode: number, body: object): HttpReply => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});
