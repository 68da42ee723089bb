// SPDX-License-Identifier: MIT
/** Several steps as one transaction: dearer to lose, cheaper to send. What the chain refuses whole is done part by part. */
import { keccak256 } from '#keccak256';
import { toHash, utf8 } from '../bytes.ts';
import type { NamedStep } from '../dispute.ts';

/** So that one transaction fits into a block, and its call into what keeps it. */
const MAX_PARTS = 8;

/** Steps that do not need each other. */
export const bundled = (steps: readonly NamedStep[]): readonly NamedStep[] =>
  chunksOf(steps).map((parts) => bundle(parts, parts));

/** Apps opened from a ledger that `challenge` would put on chain: opening one does that too, in the same call. */
export function bundledLeave(challenge: NamedStep, openings: readonly NamedStep[]): readonly NamedStep[] {
  const showing = openings.filter(({ kind }) => kind === 'open-app');
  const [first = [], ...rest] = chunksOf([...showing, ...openings.filter((step) => !showing.includes(step))]);
  const parts = showing.length > 0 ? first : [challenge, ...first];
  return [bundle(parts, [challenge, ...first]), ...rest.map((chunk) => bundle(chunk, chunk))];
}

/** The settlement, and the payouts that become possible with it. */
export function bundledSettlement(settle: NamedStep, payouts: readonly NamedStep[]): NamedStep {
  return bundle([settle, ...payouts.slice(0, MAX_PARTS - 1)], [settle]);
}

/** `otherwise` begins with the step that matters most and gives it its name. */
export function bundle(parts: readonly NamedStep[], otherwise: readonly NamedStep[]): NamedStep {
  const [only, ...more] = parts;
  const [chief] = otherwise;
  if (only === undefined || chief === undefined) throw new TypeError('a bundle of nothing');
  if (more.length === 0 && otherwise.length === 1 && chief.name === only.name) return only;
  const digest = toHash(keccak256(utf8(parts.map(({ name }) => name).join())));
  return { kind: 'bundle', parts, otherwise, name: `${chief.name} with ${digest.slice(2, 18)}` };
}

function chunksOf(steps: readonly NamedStep[]): readonly (readonly NamedStep[])[] {
  const chunks: NamedStep[][] = [];
  for (let at = 0; at < steps.length; at += MAX_PARTS) chunks.push(steps.slice(at, at + MAX_PARTS));
  return chunks;
}
