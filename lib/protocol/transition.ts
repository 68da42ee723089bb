// SPDX-License-Identifier: MIT
/**
 * The transition both halves run: what a proposal makes of a state, and whether a proposal may be made at all.
 * Pure: what the hub wants to know of transfers, the chain or its own limits is policy and lives elsewhere.
 */
import { applyOperation, partyAt, type Context } from './apply-operation.ts';
import type { AppCatalogue } from './apps/app-logic.ts';
import { appsRoot } from './apps-root.ts';
import { toBytes, toHash } from './bytes.ts';
import { appId, appStateDigest, ledgerDigest, hashedWithdrawalDigest, stateHash } from './digests.ts';
import { refuse, type Fault, type Outcomes } from './errors.ts';
import { assetOf, at, checkLedger, plus, sum, withAsset } from './ledger.ts';
import type { AppUpdate, Operation, Proposal } from './operations.ts';
import { err, ok } from './result.ts';
import {
  INITIATOR,
  type Address,
  type AgreedState,
  type AppInstance,
  type Channel,
  type ChannelState,
  type Domain,
  type Hash,
  type Ledger,
} from './types.ts';

export const MAX_OPERATIONS = 128;

/**
 * How far a version may be above the agreed one. A client that lost its state jumps by a random part of this, so that two
 * restores from one served state sign different versions (invariant 2); a channel's versions are not used up by jumps.
 */
export const MAX_VERSION_STEP = 1n << 40n;
/** No state has a higher one: half of what the chain counts is out of anybody's reach. */
export const MAX_VERSION = (1n << 63n) - 1n;

/** Whose signature is on a digest: lowercase address, or null. Given from outside, since servers have a native one. */
export type Recover = (digest: Uint8Array, signature: Uint8Array) => string | null;

function checkVersion(agreed: bigint, version: bigint): Outcomes<void> {
  if (version <= agreed) return refuse('stale_version', { agreed, proposed: version });
  const most = agreed + MAX_VERSION_STEP < MAX_VERSION ? agreed + MAX_VERSION_STEP : MAX_VERSION;
  return version > most ? refuse('version_out_of_range', { agreed, proposed: version, most }) : ok(undefined);
}

/** What can be said of a proposal's operations before any of them is applied. */
function checkOperations(
  state: ChannelState,
  version: bigint,
  operations: readonly Operation[],
): Outcomes<void> {
  const following = checkVersion(state.ledger.version, version);
  if (!following.ok) return following;
  if (operations.length === 0) return refuse('malformed', { operations: 0 });
  if (operations.length > MAX_OPERATIONS) return refuse('too_large', { operations: operations.length });
  // A nonce makes a secret and an id: one that serves twice would open both apps, or install one app twice.
  const nonces = operations.flatMap((operation) =>
    operation.kind === 'install' ? [operation.app.nonce] : [],
  );
  if (new Set(nonces).size !== nonces.length) return refuse('app_exists', { nonces });
  return ok(undefined);
}

/** `applied`, which the last operation left, at `version` with its root. Every update must be followed by the uninstall of its app. */
function conclude(
  state: ChannelState,
  applied: ChannelState,
  version: bigint,
  operations: readonly Operation[],
): Outcomes<ChannelState> {
  for (const [index, operation] of operations.entries()) {
    if (operation.kind === 'update' && applied.apps.some((open) => open.id === operation.appId))
      return refuse('invalid_action', { appId: operation.appId, index });
  }
  const checked = checkLedger({ ...applied.ledger, version, appsRoot: rootAfter(state, applied) });
  return checked.ok ? ok({ ...applied, ledger: checked.value }) : checked;
}

/** The states after each of `operations`, and what they conclude in. What one of them is refused for names its place in `details.index`. */
function applyEach(
  channel: Channel,
  catalogue: AppCatalogue,
  state: ChannelState,
  version: bigint,
  operations: readonly Operation[],
): Outcomes<{ readonly next: ChannelState; readonly steps: readonly ChannelState[] }> {
  const checked = checkOperations(state, version, operations);
  if (!checked.ok) return checked;
  const context: Context = { channel, catalogue, version };
  const steps: ChannelState[] = [];
  let applied = state;
  for (const [index, operation] of operations.entries()) {
    const after = applyOperation(context, applied, operation);
    if (!after.ok) return err(atIndex(after.error, index));
    applied = after.value;
    steps.push(applied);
  }
  const next = conclude(state, applied, version, operations);
  return next.ok ? ok({ next: next.value, steps }) : next;
}

/** Names the operation a fault is about. */
export const atIndex = (fault: Fault, index: number): Fault => ({
  ...fault,
  details: { ...fault.details, index },
});

/** The state after `operations`, at `version`. */
export function applyOperations(
  channel: Channel,
  catalogue: AppCatalogue,
  state: ChannelState,
  version: bigint,
  operations: readonly Operation[],
): Outcomes<ChannelState> {
  const applied = applyEach(channel, catalogue, state, version, operations);
  return applied.ok ? ok(applied.value.next) : applied;
}

/** The same of operations that were applied one by one already: `applied` is what the last one left. */
export function concludeOperations(
  state: ChannelState,
  applied: ChannelState,
  version: bigint,
  operations: readonly Operation[],
): Outcomes<ChannelState> {
  const checked = checkOperations(state, version, operations);
  return checked.ok ? conclude(state, applied, version, operations) : checked;
}

/** The root only changes when the set of apps does. */
const rootAfter = (before: ChannelState, after: ChannelState): Hash =>
  before.apps === after.apps ? before.ledger.appsRoot : appsRoot(after.apps.map((open) => open.id));

const digests = new WeakMap<Ledger, { readonly domain: Domain; readonly digest: Uint8Array }>();

/** What both sides sign. Kept with the ledger, for a state is signed, checked and built upon as one and the same object. */
export function digestOf({ domain }: Pick<Channel, 'domain'>, { ledger }: ChannelState): Uint8Array {
  const known = digests.get(ledger);
  if (known?.domain === domain) return known.digest;
  const digest = ledgerDigest(domain, ledger);
  digests.set(ledger, { domain, digest });
  return digest;
}

/** A proposal judged against the state it must build on: the next state and the digest both sign. */
export interface Judged {
  readonly next: ChannelState;
  /** The state each operation left, in order. */
  readonly steps: readonly ChannelState[];
  readonly digest: Uint8Array;
}

/**
 * Everything about a proposal that needs no outside fact, except whether the initiator signed it (`isSignedBy`).
 * Fails with `wrong_epoch`, `stale_version`, `out_of_sync` or what an operation refuses.
 */
export function judgeProposal(
  channel: Channel,
  catalogue: AppCatalogue,
  state: ChannelState,
  proposal: Proposal,
): Outcomes<Judged> {
  const { ledger } = state;
  if (proposal.channel !== ledger.channel) return refuse('unknown_channel', { channel: proposal.channel });
  if (proposal.epoch !== ledger.epoch)
    return refuse('wrong_epoch', { current: ledger.epoch, proposed: proposal.epoch });
  const following = checkVersion(ledger.version, proposal.version);
  if (!following.ok) return following;
  if (
    proposal.previous.version !== ledger.version ||
    proposal.previous.digest !== toHash(digestOf(channel, state))
  )
    return refuse('out_of_sync', { held: ledger.version, previous: proposal.previous.version });
  const applied = applyEach(channel, catalogue, state, proposal.version, proposal.operations);
  return applied.ok ? ok({ ...applied.value, digest: digestOf(channel, applied.value.next) }) : applied;
}

export const isSignedBy = (
  recover: Recover,
  digest: Uint8Array,
  signature: string,
  signer: Address,
): boolean => signature.length === 132 && recover(digest, toBytes(signature)) === signer;

/** An action by the initiator outside a ledger. The result carries its signature; the responder adds its own. */
export function judgeUpdate(
  channel: Channel,
  catalogue: AppCatalogue,
  state: ChannelState,
  update: AppUpdate,
): Outcomes<{ readonly next: AppInstance; readonly digest: Uint8Array }> {
  if (update.channel !== state.ledger.channel) return refuse('unknown_channel', { channel: update.channel });
  const instance = state.apps.find((open) => open.id === update.appId);
  const logic = instance && catalogue.get(instance.app.definition);
  if (instance === undefined || logic === undefined) return refuse('unknown_app', { appId: update.appId });
  if (update.version <= instance.version)
    return refuse('stale_version', { agreed: instance.version, proposed: update.version });
  if (update.version !== instance.version + 1n)
    return refuse('out_of_sync', { held: instance.version, proposed: update.version });
  if (logic.isTerminal(instance.state)) return refuse('invalid_action', { terminal: true });
  if (partyAt(channel, instance.app, logic.turnTaker(instance.state)) !== INITIATOR)
    return refuse('not_turn_taker', { appId: update.appId });
  const acted = logic.applyAction(instance.state, update.action);
  if (!acted.ok) return acted;
  const next: AppInstance = {
    ...instance,
    state: acted.value,
    version: update.version,
    signatures: [update.signature, null],
  };
  const digest = appStateDigest(channel.domain, {
    appId: instance.id,
    version: update.version,
    stateHash: stateHash(acted.value),
  });
  return ok({ next, digest });
}

/**
 * Whether a state served by the other side is one both signed and holds together: both signatures on its digest, its
 * apps under its root and hashing to their ids, every later app state signed by both, conservation, and no withdrawal
 * that the ledger does not count. What no signature covers, and only one's own memory tells: whether it is the latest,
 * and which of the counted withdrawals are still open.
 */
export function verifyAgreed(channel: Channel, recover: Recover, state: AgreedState): Outcomes<AgreedState> {
  const { ledger, signatures } = state;
  if (ledger.channel !== channel.address) return refuse('unknown_channel', { channel: ledger.channel });
  const checked = checkLedger(ledger);
  if (!checked.ok) return checked;
  if (appsRoot(state.apps.map((open) => open.id)) !== ledger.appsRoot)
    return refuse('invalid_state', { what: 'apps' });
  const stakes = state.apps.flatMap((open) => open.app.stakes);
  for (const asset of new Set([...ledger.assets, ...stakes].map((entry) => entry.asset))) {
    const staked = stakes.filter((stake) => stake.asset === asset);
    if (staked.reduce((total, stake) => total + sum(stake.amounts), 0n) !== assetOf(ledger, asset).locked)
      return refuse('conservation_broken', { asset });
  }
  const counted = verifyWithdrawals(channel, state);
  if (!counted.ok) return counted;
  for (const instance of state.apps) {
    const valid = verifyApp(channel, recover, instance);
    if (!valid.ok) return valid;
  }
  if (ledger.version === 0n) {
    const isEmpty = ledger.assets.length === 0 && state.apps.length === 0 && signatures === null;
    return isEmpty ? ok(state) : refuse('invalid_state', { version: 0n });
  }
  const digest = digestOf(channel, state);
  const signed =
    signatures !== null &&
    isSignedBy(recover, digest, signatures[0], channel.initiator) &&
    isSignedBy(recover, digest, signatures[1], channel.responder);
  return signed ? ok(state) : refuse('bad_signature', { version: ledger.version });
}

function verifyWithdrawals(channel: Channel, { ledger, withdrawals }: ChannelState): Outcomes<void> {
  let uncounted = ledger;
  for (const [index, { digest, withdrawal }] of withdrawals.entries()) {
    const { party, asset, amount } = withdrawal;
    const entry = assetOf(uncounted, asset);
    const isCounted =
      withdrawal.channel === channel.address &&
      withdrawal.epoch === ledger.epoch &&
      toHash(hashedWithdrawalDigest(channel.domain, withdrawal)) === digest &&
      withdrawals.findIndex((other) => other.digest === digest) === index &&
      amount > 0n &&
      amount <= at(entry.withdrawn, party);
    if (!isCounted) return refuse('invalid_state', { digest });
    uncounted = withAsset(uncounted, { ...entry, withdrawn: plus(entry.withdrawn, party, -amount) });
  }
  return ok(undefined);
}

function verifyApp(channel: Channel, recover: Recover, instance: AppInstance): Outcomes<void> {
  if (appId(channel.domain, instance.app) !== instance.id)
    return refuse('invalid_state', { appId: instance.id });
  const hash = stateHash(instance.state);
  if (instance.version === 0n)
    return hash === instance.app.initialStateHash
      ? ok(undefined)
      : refuse('invalid_state', { appId: instance.id });
  const digest = appStateDigest(channel.domain, {
    appId: instance.id,
    version: instance.version,
    stateHash: hash,
  });
  const [first, second] = instance.signatures;
  const signed =
    first !== null &&
    second !== null &&
    isSignedBy(recover, digest, first, channel.initiator) &&
    isSignedBy(recover, digest, second, channel.responder);
  return signed ? ok(undefined) : refuse('bad_signature', { appId: instance.id });
}
