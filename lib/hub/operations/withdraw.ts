// SPDX-License-Identifier: MIT
/**
 * Withdrawals: first the ledger that debits one, then — the initiator having signed it last — its way to the chain.
 * From that second signature on either side can execute it alone until its deadline (invariant 14).
 */
import { assetOf as configuredAsset } from '../../../infra/config/hub-config.ts';
import { finishedOf, loadSend } from '../../lane/lane.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import type { Operation } from '../../protocol/operations.ts';
import { ok } from '../../protocol/result.ts';
import { toBytes } from '../../protocol/bytes.ts';
import { isSignedBy } from '../../protocol/transition.ts';
import { NO_ADDRESS, type Hash } from '../../protocol/types.ts';
import type { BodyOf, ResultOf } from '../../protocol/wire/requests.ts';
import { forgetWithdrawal } from '../after-send.ts';
import { lookBy, type Effect, type LoadedChannel } from '../channel-item.ts';
import { commitChannel, loadOwn, untilNoConflict } from '../channels.ts';
import { countersign } from '../countersign.ts';
import { treasuryLane } from '../lanes.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import { performEffects } from '../outbox.ts';
import { withdrawalSendKey } from '../withdrawals.ts';

type Result = Outcomes<ResultOf<'withdraw'>>;

const ALLOWED: ReadonlySet<Operation['kind']> = new Set(['withdraw', 'return']);

export async function withdraw(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  request: BodyOf<'withdraw'>,
): Promise<Result> {
  switch (request.kind) {
    case 'propose': {
      const signed = await countersign(hub, caller, request.proposal, ALLOWED);
      return signed.ok ? ok({ kind: 'countersigned', ...signed.value }) : signed;
    }
    case 'submit':
      return submitWithdrawal(hub, chain, caller, request);
    case 'status': {
      const loaded = await loadOwn(hub, caller, request.channel);
      return loaded.ok ? status(hub, chain, loaded.value, request.digest) : loaded;
    }
  }
}

async function submitWithdrawal(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  request: Extract<BodyOf<'withdraw'>, { kind: 'submit' }>,
): Promise<Result> {
  return untilNoConflict<ResultOf<'withdraw'>>(async () => {
    const loaded = await loadOwn(hub, caller, request.channel);
    if (!loaded.ok) return loaded;
    const { body, etag } = loaded.value;
    const { digest, signature } = request;
    const open = body.state.withdrawals.find((other) => other.digest === digest);
    if (open === undefined) return status(hub, chain, loaded.value, digest);
    if (open.withdrawal.handler !== NO_ADDRESS)
      return refuse('invalid_withdrawal', { handler: open.withdrawal.handler });
    if (open.withdrawal.deadline <= hub.clock.now())
      return refuse('invalid_withdrawal', { deadline: open.withdrawal.deadline });
    const { asset, amount } = open.withdrawal;
    const min = configuredAsset(chain.config, asset)?.withdrawal.min ?? 0n;
    // Its user has both signatures, and sends it or lets it come back.
    if (amount < min)
      return refuse('amount_out_of_range', { amount: amount.toString(), min: min.toString() });
    if (!isSignedBy(hub.recover, toBytes(digest), signature, body.channel.initiator))
      return refuse('bad_signature');
    if (body.outbox.some((effect) => effect.kind === 'execute' && effect.digest === digest))
      return status(hub, chain, loaded.value, digest);
    const effect: Effect = { kind: 'execute', digest, signature, at: hub.clock.now() };
    const next = lookBy(
      { ...body, outbox: [...body.outbox, effect] },
      effect.at + hub.config.limits.handlerLife,
    );
    const committed = await commitChannel(hub, next, etag);
    if (committed === null) return 'conflict';
    await performEffects(hub, next, [effect]);
    return status(hub, chain, committed, digest);
  });
}

/** Where a withdrawal is: waiting, sent, or executed on chain whoever sent it. */
async function status(hub: Hub, chain: HubChain, { body }: LoadedChannel, digest: Hash): Promise<Result> {
  const owner = treasuryLane(hub, chain);
  const held = await loadSend(owner, withdrawalSendKey(digest));
  const finished = held && finishedOf(held.send);
  if (finished?.outcome === 'succeeded') return view(digest, 'executed', finished.transactionHash);
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  const confirmed = Math.max(0, latest.value.number - chain.config.confirmations);
  const executed = await chain.reader.withdrawalExecuted(body.channel, digest, confirmed);
  if (!executed.ok) return executed;
  if (executed.value) {
    await forgetWithdrawal(hub, chain.config.chainId, body.channel.address, digest);
    return view(digest, 'executed', null);
  }
  if (!body.state.withdrawals.some((open) => open.digest === digest))
    return refuse('unknown_withdrawal', { digest });
  const sent = held?.send.attempts.at(-1);
  return sent === undefined ? view(digest, 'queued', null) : view(digest, 'sent', sent.hash);
}

const view = (digest: Hash, state: 'queued' | 'sent' | 'executed', transactionHash: Hash | null): Result =>
  ok({ kind: 'withdrawal', digest, status: state, transactionHash });
