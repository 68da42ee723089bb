// SPDX-License-Identifier: MIT
/** Operations that rest on facts of the chain: what arrived, what left, what can no longer leave. None is on the payment path. */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import type { DepositOperation, ReturnOperation, WithdrawOperation } from '../../protocol/operations.ts';
import { ok } from '../../protocol/result.ts';
import { INITIATOR, type ChannelState } from '../../protocol/types.ts';
import { assetOf as configuredAsset } from '../../../infra/config/hub-config.ts';
import { NOTHING_MORE, type Admission } from './admission.ts';
import type { Situation } from './install-policy.ts';

/** Seconds a withdrawal may be open: long enough to be mined, short enough to come back. */
const WITHDRAWAL_MIN = 60;
const WITHDRAWAL_MAX = 7 * 24 * 3600;
const WITHDRAWALS_OPEN = 32;

/** The last block that counts: the latest less the confirmations asked for. */
async function confirmedBlock({ chain }: Situation) {
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  return chain.reader.block(Math.max(0, latest.value.number - chain.config.confirmations));
}

export async function admitDeposit(
  situation: Situation,
  operation: DepositOperation,
): Promise<Outcomes<Admission>> {
  const { chain, body } = situation;
  if (configuredAsset(chain.config, operation.asset) === undefined)
    return refuse('unknown_asset', { asset: operation.asset });
  const block = await confirmedBlock(situation);
  if (!block.ok) return block;
  const [received, status] = await Promise.all([
    chain.reader.received(body.channel, operation.asset, block.value.number),
    chain.reader.challenge(body.channel, block.value.number),
  ]);
  if (!received.ok) return received;
  if (!status.ok) return status;
  if (status.value.epoch !== body.state.ledger.epoch)
    return refuse('wrong_epoch', { current: status.value.epoch });
  if (operation.deposits[0] > received.value[0] || operation.deposits[1] > received.value[1])
    return refuse('deposit_not_found', { received: received.value, proposed: operation.deposits });
  return ok(NOTHING_MORE);
}

/** The hub's own money leaves only when the hub asked for it, which it does not do here. */
export function admitWithdraw(
  { hub }: Situation,
  before: ChannelState,
  operation: WithdrawOperation,
): Outcomes<Admission> {
  if (before.withdrawals.length >= WITHDRAWALS_OPEN)
    return refuse('too_many', { withdrawals: WITHDRAWALS_OPEN });
  const now = hub.clock.now();
  if (operation.party !== INITIATOR) return refuse('invalid_withdrawal', { party: operation.party });
  if (operation.deadline < now + WITHDRAWAL_MIN || operation.deadline > now + WITHDRAWAL_MAX)
    return refuse('invalid_withdrawal', { deadline: operation.deadline });
  return ok(NOTHING_MORE);
}

/** Back into the ledger only when the chain can no longer execute it: past its deadline at a confirmed block, and not executed there. */
export async function admitReturn(
  situation: Situation,
  operation: ReturnOperation,
): Promise<Outcomes<Admission>> {
  const { chain, body } = situation;
  const open = body.state.withdrawals.find((other) => other.digest === operation.digest);
  if (open === undefined) return refuse('unknown_withdrawal', { digest: operation.digest });
  const block = await confirmedBlock(situation);
  if (!block.ok) return block;
  if (block.value.timestamp <= open.withdrawal.deadline)
    return refuse('withdrawal_open', {
      deadline: open.withdrawal.deadline,
      chainTime: block.value.timestamp,
    });
  const executed = await chain.reader.withdrawalExecuted(body.channel, operation.digest, block.value.number);
  if (!executed.ok) return executed;
  return executed.value ? refuse('unknown_withdrawal', { executed: true }) : ok(NOTHING_MORE);
}
