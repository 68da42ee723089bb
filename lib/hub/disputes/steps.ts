// SPDX-License-Identifier: MIT
/** Putting the steps of a plan into the hub's nonce lane, each as urgent as what is lost without it. */
import { enqueue, enqueueAgain, isWaiting, type Send } from '../../lane/lane.ts';
import type { DisputeStep, NamedStep } from '../../protocol/dispute.ts';
import type { Channel } from '../../protocol/types.ts';
import { defenceLane } from '../lanes.ts';
import type { Hub, HubChain } from '../hub.ts';
import type { SendPurpose } from '../send-purpose.ts';
import type { Situation } from './holding.ts';

/** Ranks in the lane: a missed ledger loses the channel, a missed move its app, a late payout nothing. */
const RANK: Record<Exclude<NamedStep['kind'], 'bundle'>, number> = {
  answer: 0,
  challenge: 0,
  'progress-app': 1,
  'set-app-state': 2,
  'open-app': 2,
  settle: 3,
  'settle-app': 4,
};

/** A bundle is as urgent as the most urgent of it. */
const rankOf = (step: DisputeStep): number =>
  step.kind === 'bundle' ? Math.min(...[...step.parts, ...step.otherwise].map(rankOf)) : RANK[step.kind];

/** Of what the hub fetches for itself. */
const CLAIM_RANK = 5;

/** A step that is wanted again though it was sent, because a reorganization undid it, is sent again (invariant 10). */
export async function takeSteps(
  hub: Hub,
  chain: HubChain,
  { channel, epoch }: { readonly channel: Channel; readonly epoch: bigint },
  steps: readonly NamedStep[],
): Promise<void> {
  const owner = defenceLane(hub, chain);
  for (const step of steps.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    if (await isWaiting(owner, step.name)) continue;
    const taken = await asTaken(chain, channel, step);
    await enqueueAgain(
      owner,
      taken.map((part): Send<SendPurpose> => ({
        key: part.name,
        rank: rankOf(part),
        call: chain.writer.disputeCall(channel, part),
        after: null,
        purpose: { kind: 'dispute', channel: channel.address, epoch },
      })),
    );
  }
}

/** A bundle goes whole if the chain would take it, otherwise its parts go: one app that cannot pay yet blocks no other. */
async function asTaken(chain: HubChain, channel: Channel, step: NamedStep): Promise<readonly NamedStep[]> {
  if (step.kind !== 'bundle') return [step];
  const gas = await chain.writer.estimateGas(chain.writer.disputeCall(channel, step));
  return !gas.ok && gas.error.code === 'chain_refused' ? step.otherwise : [step];
}

/** What could not be handed to the hub when an epoch was paid out is fetched, once for each amount (invariant 11). */
export async function claimHeldPayments(
  hub: Hub,
  chain: HubChain,
  { channel, epoch, states, assets }: Situation['holding'],
): Promise<void> {
  const inLedger = states.flatMap(({ ledger }) => ledger.assets.map(({ asset }) => asset));
  const sends: Send<SendPurpose>[] = [];
  for (const asset of new Set([...inLedger, ...assets])) {
    const held = await chain.reader.claimable(channel.address, asset, hub.key.address);
    if (!held.ok || held.value === 0n) continue;
    sends.push({
      key: `claim ${channel.address} ${epoch} ${asset} ${held.value}`,
      rank: CLAIM_RANK,
      call: chain.writer.claimCall(channel.address, asset),
      after: null,
      purpose: { kind: 'claim', channel: channel.address, asset },
    });
  }
  if (sends.length > 0) await enqueue(defenceLane(hub, chain), sends);
}
