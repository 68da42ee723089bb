// SPDX-License-Identifier: MIT
/** The scripted chain of the lane, with the calls a hub makes. */
import type { DefenceWriter, TreasuryWriter } from '../../lib/hub/ports.ts';
import type { Call } from '../../lib/lane/ports.ts';
import { ScriptedLaneWriter } from '../../lib/lane/testing/scripted-lane-writer.ts';
import type { DisputeStep } from '../../lib/protocol/dispute.ts';
import type { Outcomes } from '../../lib/protocol/errors.ts';
import { ETHER, type Address } from '../../lib/protocol/types.ts';
import { testHubKey } from './hub-in-memory.ts';

/** Where bundles go, so that they alone can be refused. */
export const BUNDLES = `0x${'b0'.repeat(20)}` as Address;

export class ScriptedChainWriter extends ScriptedLaneWriter implements DefenceWriter, TreasuryWriter {
  /** Every step a call was asked for, in order. */
  readonly steps: DisputeStep[] = [];

  constructor() {
    super(testHubKey.address);
  }

  async collateralCalls(
    channel: { address: Address },
    asset: Address,
    amount: bigint,
  ): Promise<Outcomes<readonly Call[]>> {
    const deposit: Call = { to: channel.address, data: '0x01', value: asset === ETHER ? amount : 0n };
    return this.answer(asset === ETHER ? [deposit] : [{ to: asset, data: '0x02', value: 0n }, deposit]);
  }

  async withdrawalCall(channel: { address: Address }): Promise<Outcomes<Call>> {
    return this.answer({ to: channel.address, data: '0x03', value: 0n });
  }

  disputeCall(channel: { address: Address }, step: DisputeStep): Call {
    this.steps.push(step);
    return { to: step.kind === 'bundle' ? BUNDLES : channel.address, data: '0x04', value: 0n };
  }

  claimCall(channel: Address): Call {
    return { to: channel, data: '0x05', value: 0n };
  }
}
