// SPDX-License-Identifier: MIT
/** An action in an app: the app's own state moves one version, the ledger stays. */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { isSignedBy, judgeUpdate } from '../../protocol/transition.ts';
import type { AppInstance, Bytes } from '../../protocol/types.ts';
import type { BodyOf, ResultOf } from '../../protocol/wire/requests.ts';
import { checkDefence, hubTime } from '../chain-cursor.ts';
import { lookBy, type ChannelBody } from '../channel-item.ts';
import { commitChannel, loadOwn, untilNoConflict } from '../channels.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import { performEffects } from '../outbox.ts';
import { NOTHING_MORE, type Admission } from '../policy/admission.ts';
import { checkRoomToMove } from '../policy/room.ts';
import { admitUnlocked, shownPreimage } from '../policy/unlock-policy.ts';

export async function update(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  request: BodyOf<'update'>,
): Promise<Outcomes<ResultOf<'update'>>> {
  return untilNoConflict<ResultOf<'update'>>(async () => {
    const loaded = await loadOwn(hub, caller, request.channel);
    if (!loaded.ok) return loaded;
    const { body, etag } = loaded.value;
    const held = body.state.apps.find((instance) => instance.id === request.appId);
    const [theirs, ours] = held?.signatures ?? [null, null];
    if (held?.version === request.version && theirs === request.signature && ours !== null)
      return ok({ version: held.version, signature: ours });
    if (body.challenge !== null)
      return refuse('channel_disputed', { finalizesAt: body.challenge.finalizesAt });
    const fresh = await checkDefence(hub, chain);
    if (!fresh.ok) return fresh;
    const judged = judgeUpdate(body.channel, chain.catalogue, body.state, request);
    if (!judged.ok) return judged;
    const { next, digest } = judged.value;
    if (!isSignedBy(hub.recover, digest, request.signature, body.channel.initiator))
      return refuse('bad_signature');
    const at = await hubTime(hub, chain);
    const admitted = admitMove(hub, at, body, next, request.claimerSignature ?? null);
    if (!admitted.ok) return admitted;
    const { effects } = admitted.value;
    const signature = hub.key.sign(digest);
    const moved: AppInstance = { ...next, signatures: [request.signature, signature] };
    const apps = body.state.apps.map((instance) => (instance.id === moved.id ? moved : instance));
    const changed = { ...body, state: { ...body.state, apps }, outbox: [...body.outbox, ...effects] };
    const soon = hub.clock.now() + hub.config.limits.handlerLife;
    const acted = effects.length === 0 ? changed : lookBy(changed, soon);
    const fits = checkRoomToMove(acted);
    if (!fits.ok) return fits;
    const committed = await commitChannel(hub, acted, etag);
    if (committed === null) return 'conflict';
    await performEffects(hub, acted, effects);
    return ok({ version: next.version, signature });
  });
}

/** A state both signed is money on chain, also after every deadline: a payee that unlocked its app was paid (invariant 7). */
function admitMove(
  hub: Hub,
  at: number,
  body: ChannelBody,
  instance: AppInstance,
  claimerSignature: Bytes | null,
): Outcomes<Admission> {
  const route = body.routes.find(({ appId }) => appId === instance.id);
  const preimage = shownPreimage(instance);
  return route?.side !== 'payee' || preimage === null
    ? ok(NOTHING_MORE)
    : admitUnlocked(hub, at, body, { route, instance, preimage, claimerSignature });
}
