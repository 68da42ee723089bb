// SPDX-License-Identifier: MIT
/** Everything that was signed or answered in a run, and what must be true of it (invariants 1 to 5). */
import type { ChannelRecord } from '../../lib/client/channel-record.ts';
import { recordKey } from '../../lib/client/channel-record.ts';
import type { Outcomes } from '../../lib/protocol/errors.ts';
import type { Proposal } from '../../lib/protocol/operations.ts';
import { proposal as proposalSchema } from '../../lib/protocol/wire/proposals.ts';
import { channelKey, parseChannel } from '../../lib/hub/channel-item.ts';
import type { Store } from '../../lib/store/store.ts';

export class LedgerBook {
  readonly #signed = new Map<string, string>();
  readonly #replies = new Map<string, string>();
  readonly violations: string[] = [];
  proposals = 0;

  /** A proposal leaves its client: stored before (invariant 3), and the only one of its version (invariant 2). */
  async left(body: unknown, chainId: number, clientStore: Store): Promise<void> {
    const proposal = proposalIn(body);
    if (proposal === null) return;
    this.proposals += 1;
    const place = placeOf(proposal);
    this.#once(this.#signed, place, JSON.stringify(body), `two states signed at ${place} (invariant 2)`);
    const held = await clientStore.get(recordKey(chainId, proposal.channel));
    const signed = (held?.body as { signed?: ChannelRecord['signed'] } | undefined)?.signed ?? [];
    const isStored = signed.some((entry) => entry.body === JSON.stringify(body));
    if (!isStored) this.violations.push(`${place} left before it was durable (invariant 3)`);
  }

  /** The hub answers: its signature is stored (invariant 4), and the same request has the same answer (invariant 5). */
  async answered(body: unknown, outcome: Outcomes<unknown>, chainId: number, hubStore: Store): Promise<void> {
    const proposal = proposalIn(body);
    if (proposal === null || !outcome.ok) return;
    const place = placeOf(proposal);
    const { signature } = outcome.value as { readonly signature: string };
    this.#once(this.#replies, place, signature, `two countersignatures at ${place} (invariants 2 and 5)`);
    const item = await hubStore.get(channelKey(chainId, proposal.channel));
    const state = item === null ? null : parseChannel(item).body.state;
    if (state === null || state.ledger.version < proposal.version)
      this.violations.push(`${place} was answered before it was stored (invariant 4)`);
    for (const asset of state?.ledger.assets ?? []) {
      const sum = (pair: readonly [bigint, bigint]): bigint => pair[0] + pair[1];
      if (sum(asset.balances) + asset.locked + sum(asset.withdrawn) !== sum(asset.deposits))
        this.violations.push(`${place} does not add up (invariant 1)`);
    }
  }

  #once(seen: Map<string, string>, place: string, value: string, complaint: string): void {
    const before = seen.get(place);
    if (before !== undefined && before !== value) this.violations.push(complaint);
    seen.set(place, value);
  }
}

const placeOf = ({ channel, epoch, version }: Proposal): string =>
  `${channel.slice(0, 8)} epoch ${epoch} version ${version}`;

function proposalIn(body: unknown): Proposal | null {
  const inner = (body as { readonly proposal?: unknown } | null)?.proposal ?? body;
  return proposalSchema.safeParse(inner).data ?? null;
}
