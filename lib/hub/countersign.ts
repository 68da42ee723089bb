// SPDX-License-Identifier: MIT
/**
 * The hub's half of every ledger proposal: load, judge, admit, claim, sign, commit, act, reply. The reply leaves only
 * after the one write that contains the countersignature (invariant 4); the same proposal gets the same reply (5).
 */
import { refuse, type Fault, type Outcomes } from '../protocol/errors.ts';
import { withdrawalOf } from '../protocol/apply-operation.ts';
import { toHash } from '../protocol/bytes.ts';
import { withdrawalDigest } from '../protocol/digests.ts';
import type { Operation, Proposal } from '../protocol/operations.ts';
import { err, ok } from '../protocol/result.ts';
import { atIndex, isSignedBy, judgeProposal, type Judged } from '../protocol/transition.ts';
import type { AgreedState, Hash } from '../protocol/types.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import type { Countersigned } from '../protocol/wire/requests.ts';
import { checkDefence } from './chain-cursor.ts';
import { lookBy, type ChannelBody, type Effect, type LoadedChannel } from './channel-item.ts';
import { commitAmong, loadOwn, untilNoConflict } from './channels.ts';
import type { Caller, Hub, HubChain } from './hub.ts';
import { performEffects, remainingEffects } from './outbox.ts';
import { admit } from './policy/admit.ts';
import { checkRoom } from './policy/room.ts';
import type { Admission } from './policy/admission.ts';
import { actOn, isLookedAfter, readyEffects } from './ready-effects.ts';
import { claimTransfer, isRecent, putOf, type TransferPut } from './transfer-item.ts';
import { tooManyOpen } from './policy/open-payments.ts';
import { freed, releaseClaim, transfersOfStep } from './transfers.ts';

/** `allowed` is what the asked function is for; null means any operation. */
export async function countersign(
  hub: Hub,
  caller: Caller,
  proposal: Proposal,
  allowed: ReadonlySet<Operation['kind']> | null,
): Promise<Outcomes<Countersigned>> {
  const chain = hub.chains.get(caller.chainId);
  if (chain === undefined) return refuse('unknown_chain', { chainId: caller.chainId });
  const misplaced = allowed && proposal.operations.find((operation) => !allowed.has(operation.kind));
  if (misplaced) return refuse('malformed', { operation: misplaced.kind });
  if (proposal.operations.length > hub.config.limits.maxOperations)
    return refuse('too_large', { operations: proposal.operations.length });
  return untilNoConflict(() => attempt(hub, chain, caller, proposal));
}

async function attempt(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  proposal: Proposal,
): Promise<Outcomes<Countersigned> | 'conflict'> {
  const loaded = await loadOwn(hub, caller, proposal.channel);
  if (!loaded.ok) return loaded;
  const { body } = loaded.value;
  const earlier = replyTo(body, proposal);
  if (earlier !== null) {
    // Whoever has the reply may rely on what it stands for, whether or not the handler before this one lived to do it.
    await performEffects(hub, body, body.outbox);
    return ok(earlier);
  }
  if (body.challenge !== null) return refuse('channel_disputed', { finalizesAt: body.challenge.finalizesAt });
  const fresh = await checkDefence(hub, chain);
  if (!fresh.ok) return fresh;

  const judged = judgeProposal(body.channel, chain.catalogue, body.state, proposal);
  if (!judged.ok) return err(withState(judged.error, body.state));
  if (!isSignedBy(hub.recover, judged.value.digest, proposal.signature, body.channel.initiator))
    return refuse('bad_signature', { signer: body.channel.initiator });
  const crowded = tooManyOpen(body, judged.value, hub.config.limits.maxOpenTransfers);
  if (crowded !== null) return err(crowded);

  const transfers = transfersOfStep(hub);
  const outbox = await remainingEffects(hub, body, transfers);
  const situation = { hub, chain, caller, transfers, body: { ...body, outbox } };
  const admitted = await admit(situation, proposal, judged.value.steps);
  if (!admitted.ok) return admitted;
  const claims = await claimAll(hub, caller, proposal, admitted.value);
  if (claims === 'conflict') return claims;
  if (!claims.ok) return claims;

  const { effects } = admitted.value;
  const ready = await readyEffects(hub, effects, transfers);
  const commit = commitOf(hub, body, proposal, judged.value, admitted.value, outbox);
  const isLate = !isLookedAfter(hub, effects, ready) || hasLateClaim(hub, admitted.value);
  const next = isLate ? lookBy(commit, hub.clock.now() + hub.config.limits.handlerLife) : commit;
  const fits = checkRoom(next, proposal.operations);
  if (!fits.ok) return fits;
  const puts = { before: claims.value, after: ready.map((effect) => effect.put) };
  const done = await commitAmong(hub, next, loaded.value.etag, puts);
  if (done === null) return 'conflict';
  await actOn(hub, next, effects, ready.slice(0, done.followed));
  watchCollateral(hub, chain, done.committed);
  return ok(replyOf(next));
}

/** The stored reply, if this very proposal is the one agreed last. */
function replyTo(body: ChannelBody, proposal: Proposal): Countersigned | null {
  const { ledger, signatures } = body.state;
  return proposal.version === ledger.version &&
    proposal.epoch === ledger.epoch &&
    signatures?.[0] === proposal.signature
    ? replyOf(body)
    : null;
}

function replyOf(body: ChannelBody): Countersigned {
  const { ledger, signatures } = body.state;
  if (signatures === null) throw new TypeError('a reply to nothing');
  return { version: ledger.version, signature: signatures[1], withdrawals: body.withdrawalSignatures };
}

/** Whoever builds on something else gets the double-signed state to verify and adopt. */
const withState = (fault: Fault, state: AgreedState): Fault =>
  fault.code === 'out_of_sync' || fault.code === 'stale_version' || fault.code === 'wrong_epoch'
    ? { ...fault, details: { ...fault.details, state: toJson(state) } }
    : fault;

/** Rules 1 and 7: every member is written on every attempt, in a fixed order, before the one commit. These are the writes. */
async function claimAll(
  hub: Hub,
  caller: Caller,
  proposal: Proposal,
  admission: Admission,
): Promise<Outcomes<readonly TransferPut[]> | 'conflict'> {
  const inOrder = admission.claims.toSorted((a, b) =>
    a.held.transfer.transferId < b.held.transfer.transferId ? -1 : 1,
  );
  const checkAt = hub.clock.now() + hub.config.limits.handlerLife;
  const puts: TransferPut[] = [];
  for (const { held, appId } of inOrder) {
    const { transferId } = held.transfer;
    const claim = { channel: proposal.channel, appId, user: caller.user };
    const claimed = claimTransfer(held.transfer, claim, checkAt);
    if (claimed.ok) {
      puts.push(putOf(claimed.value, held.etag));
      continue;
    }
    const isInTheWay = claimed.error.code === 'transfer_claimed';
    if (isInTheWay && ((await releasedOwn(hub, transferId, proposal)) || (await freed(hub, held.transfer))))
      return 'conflict';
    return err(atIndex(claimed.error, indexOfClaim(proposal, transferId)));
  }
  return ok(puts);
}

/** A claim long after the payment is nobody's to look after but the claimer's channel's (`isLookedAfter`). */
const hasLateClaim = (hub: Hub, { claims }: Admission): boolean =>
  claims.some(({ held }) => !isRecent(held.transfer, hub.clock.now(), hub.config.limits.handlerLife));

const indexOfClaim = (proposal: Proposal, transferId: string): number =>
  proposal.operations.findIndex(
    (operation) =>
      operation.kind === 'install' &&
      operation.route?.kind === 'claim' &&
      operation.route.transferId === transferId,
  );

/** This channel's own earlier claim, superseded before it was committed, must not stand in its way (rule 5). */
async function releasedOwn(hub: Hub, transferId: Hash, proposal: Proposal): Promise<boolean> {
  const released = await releaseClaim(hub, transferId, proposal.channel);
  return released.ok && released.value.status.kind === 'pending';
}

function commitOf(
  hub: Hub,
  body: ChannelBody,
  proposal: Proposal,
  { next, digest }: Judged,
  admission: Admission,
  outbox: readonly Effect[],
): ChannelBody {
  const stillOpen = new Set(next.apps.map((open) => open.id));
  const openDigests = new Set(next.withdrawals.map((open) => open.digest));
  return {
    channel: body.channel,
    state: { ...next, signatures: [proposal.signature, hub.key.sign(digest)] },
    routes: [...body.routes, ...admission.routes].filter((route) => stillOpen.has(route.appId)),
    departed: body.departed,
    outbox: [...outbox, ...admission.effects],
    withdrawalSignatures: [
      ...body.withdrawalSignatures.filter((held) => openDigests.has(held.digest)),
      ...signWithdrawals(hub, body, proposal),
    ],
    challenge: body.challenge,
    due: body.due,
  };
}

/** The responder signs a Withdrawal in the reply to the ledger that debits it. */
function signWithdrawals(hub: Hub, { channel, state }: ChannelBody, proposal: Proposal) {
  return proposal.operations.flatMap((operation) => {
    if (operation.kind !== 'withdraw') return [];
    const digest = withdrawalDigest(channel.domain, withdrawalOf(channel, state.ledger.epoch, operation));
    return [{ digest: toHash(digest), signature: hub.key.sign(digest) }];
  });
}

/** Money the hub will need soon is bought before a payment needs it. */
function watchCollateral(hub: Hub, chain: HubChain, { body }: LoadedChannel): void {
  const { channel, state } = body;
  for (const { address: asset, collateral } of chain.config.assets) {
    const held = state.ledger.assets.find((entry) => entry.asset === asset)?.balances[1] ?? 0n;
    if (held < collateral.low)
      hub.bus.trigger('collateral', { chainId: channel.domain.chainId, channel: channel.address, asset });
  }
}
