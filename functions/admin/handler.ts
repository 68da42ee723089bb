// SPDX-License-Identifier: MIT
/** `POST /v1/admin`, operators only: channels, transfers, disputes, waiting sends, a retry of what is overdue, leaving a channel. */
import { z } from 'zod';
import { leaveChannel } from '../../lib/hub/disputes/leave.ts';
import { defenceLane, submitAll, treasuryLane } from '../../lib/hub/lanes.ts';
import { hubProcess, type HubProcess } from '../../lib/hub/runtime/load-hub.ts';
import { faultOf } from '../../lib/hub/runtime/serve.ts';
import { parseTransfer } from '../../lib/hub/transfer-item.ts';
import { sweep } from '../../lib/hub/timers/sweep.ts';
import { watch } from '../../lib/hub/timers/watch.ts';
import { kindOf } from '../../lib/store/item-form.ts';
import { firstOpen, type LaneOwner } from '../../lib/lane/lane.ts';
import { verifyBearerToken } from '../../lib/messaging/bearer-token.ts';
import { decodeRequest } from '../../lib/messaging/envelope.ts';
import {
  bearerToken,
  httpBody,
  httpReply,
  type HttpEvent,
  type HttpReply,
} from '../../lib/messaging/http-event.ts';
import { refuse, type Outcomes } from '../../lib/protocol/errors.ts';
import { err, ok } from '../../lib/protocol/result.ts';
import { address, toJson, whole } from '../../lib/protocol/wire/primitives.ts';

const MAX_BYTES = 8_192;
const PAGE = 50;

const request = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['channels', 'transfers', 'disputes', 'sends']),
    after: z.string().max(2000).optional(),
  }),
  z.strictObject({ kind: z.literal('stats') }),
  z.strictObject({ kind: z.literal('retry') }),
  z.strictObject({ kind: z.literal('leave'), chainId: whole, channel: address }),
]);

const ITEM_KIND = { channels: 'channel', transfers: 'transfer', disputes: 'dispute', sends: 'send' } as const;

export const handler = async (event: HttpEvent): Promise<HttpReply> => {
  const { id, request: decoded } = decodeRequest(httpBody(event), MAX_BYTES);
  if (!decoded.ok) return httpReply(id, decoded);
  try {
    const process = await hubProcess();
    const token = bearerToken(event);
    const user = token === undefined ? undefined : await verifyBearerToken(token, process.tokenSecret);
    if (user === undefined) return httpReply(id, refuse('unauthenticated'));
    if (!process.config.operators.some((operator) => operator === user))
      return httpReply(id, refuse('not_yours'));
    const parsed = request.safeParse(decoded.value.body);
    if (!parsed.success) return httpReply(id, refuse('malformed'));
    return httpReply(id, toJson(await administer(process, id, parsed.data)));
  } catch (cause) {
    return httpReply(id, err(faultOf(cause)));
  }
};

async function administer(
  process: HubProcess,
  id: string,
  body: z.output<typeof request>,
): Promise<Outcomes<unknown>> {
  const hub = process.forInvocation('admin', { id });
  switch (body.kind) {
    case 'channels':
    case 'transfers':
    case 'disputes':
    case 'sends': {
      const after = body.after === undefined ? {} : { after: body.after };
      const kind = ITEM_KIND[body.kind];
      // Transfers are in no list of all of them, for each would pay for it: a page of the walk may be short, or empty.
      const page =
        kind === 'transfer'
          ? await hub.store.scan({ limit: PAGE, ...after })
          : await hub.store.query('kind', kind, { limit: PAGE, ...after });
      return ok({
        items: page.items
          .filter((item) => kindOf(item.key) === kind)
          .map((item) => (kind === 'transfer' ? toJson(parseTransfer(item).transfer) : item.body)),
        ...(page.next === undefined ? {} : { next: page.next }),
      });
    }
    case 'stats': {
      const owners = [...hub.chains.values()].flatMap((chain) => [
        defenceLane(hub, chain),
        treasuryLane(hub, chain),
      ]);
      const lanes = await Promise.all(owners.map(laneStats));
      return ok({ store: hub.store.counters, signing: process.signing, lanes });
    }
    case 'retry': {
      let swept = 0;
      for (const chain of hub.chains.values()) {
        await watch(hub, chain);
        swept += await sweep(hub, chain);
        await submitAll(hub, chain);
      }
      return ok({ swept });
    }
    case 'leave': {
      const chain = hub.chains.get(body.chainId);
      return chain === undefined
        ? refuse('unknown_chain', { chainId: body.chainId })
        : leaveChannel(hub, chain, body.channel);
    }
  }
}

/** Of a long lane the first so many are counted. */
const COUNTED = 1_000;

async function laneStats<P>(owner: LaneOwner<P>) {
  const waiting = await firstOpen(owner, COUNTED);
  return { chainId: owner.chainId, sender: owner.writer.address, waiting: waiting.length };
}
