// SPDX-License-Identifier: MIT
/** States of the two parties as a client shows them. */
import { agreed, after, CHANNEL, deposit, EMPTY } from '../../protocol/testing/two-parties.ts';
import type { AgreedState, ChannelState, Channel } from '../../protocol/types.ts';
import { toJson } from '../../protocol/wire/primitives.ts';
import { shownState, type ShownState } from '../../protocol/wire/watchtower.ts';

export function shownOf({ ledger, apps, signatures }: AgreedState, channel: Channel = CHANNEL): ShownState {
  const { domain, initiator, responder, challengePeriod } = channel;
  if (signatures === null) throw new TypeError('nothing to show');
  return {
    chainId: domain.chainId,
    initiator,
    responder,
    challengePeriod,
    ledger,
    signatures,
    appIds: apps.map(({ id }) => id),
    apps: apps.filter(({ version }) => version > 0n),
  };
}

export const FUNDED: ChannelState = after(EMPTY, [
  deposit(1_000n, 1_000n),
  deposit(1_000n, 1_000n, `0x${'55'.repeat(20)}` as typeof CHANNEL.address),
]);

/** Agreed with nothing but its version. */
export const atVersion = (version: bigint): AgreedState =>
  agreed({ ...FUNDED, ledger: { ...FUNDED.ledger, version } });

/** As it arrives. */
export const overWire = (shown: ShownState): ShownState =>
  shownState.parse(JSON.parse(JSON.stringify(toJson(shown))));
