// SPDX-License-Identifier: MIT
/**
 * Which intents go into the next proposal, and what it makes of the agreed state. Pure: the version is one above the
 * highest ever signed, so no two states can have one version (invariant 2).
 */
import { applyOperation, type Context } from '../protocol/apply-operation.ts';
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import { fault, type Fault } from '../protocol/errors.ts';
import type { Operation } from '../protocol/operations.ts';
import { concludeOperations } from '../protocol/transition.ts';
import type { ChannelState } from '../protocol/types.ts';
import type { ChannelRecord } from './channel-record.ts';
import { intentRank, type Intent, type Route } from './intents.ts';
import type { Built, OperationBuilder } from './operation-builder.ts';

export interface PlanLimits {
  readonly maxOperations: number;
  /** Of one request; some room is left for the envelope. */
  readonly maxMessageBytes: number;
}

/** An intent waiting for a proposal. */
export interface Waiting {
  readonly intent: Intent;
  /** Goes without company: the hub refused it with others and did not say which was wrong. */
  readonly alone: boolean;
}

export interface Draft {
  readonly version: bigint;
  readonly operations: readonly Operation[];
  readonly intents: readonly Intent[];
  readonly counts: readonly number[];
  readonly routes: readonly Route[];
  readonly next: ChannelState;
}

export interface Plan<W extends Waiting> {
  readonly draft: Draft | null;
  readonly taken: readonly W[];
  /** Refused by the channel's own rules: the hub need not be asked. */
  readonly failed: readonly { readonly waiting: W; readonly fault: Fault }[];
  /** Nothing to do any more: closed, credited or returned already. */
  readonly done: readonly W[];
  readonly left: readonly W[];
}

const ENVELOPE_BYTES = 2_048;

/** Codes that say an intent has come true already. */
const DONE: Partial<Record<Intent['kind'], Fault['code']>> = {
  close: 'unknown_app',
  refund: 'unknown_app',
  deposit: 'invalid_deposit',
  return: 'unknown_withdrawal',
};

/**
 * What one commit brings lies in the hub's channel item until it is acted on, so a batch takes no more of it than leaves room for the
 * next; one operation by itself may be larger.
 */
const BATCH_BYTES = 96 * 1024;

interface Progress {
  readonly state: ChannelState;
  readonly built: readonly Built[];
  readonly bytes: number;
}

export function planProposal<W extends Waiting>(
  record: ChannelRecord,
  catalogue: AppCatalogue,
  queue: readonly W[],
  builder: OperationBuilder,
  limits: PlanLimits,
): Plan<W> {
  const version = record.highestSigned + 1n;
  const context: Context = { channel: record.channel, catalogue, version };
  const taken: W[] = [];
  const failed: { waiting: W; fault: Fault }[] = [];
  const done: W[] = [];
  const left: W[] = [];
  let progress: Progress = { state: record.agreed, built: [], bytes: ENVELOPE_BYTES };
  for (const waiting of queue.toSorted((a, b) => intentRank(a.intent) - intentRank(b.intent))) {
    const isFull = taken.some((other) => other.alone) || (waiting.alone && taken.length > 0);
    if (isFull) {
      left.push(waiting);
      continue;
    }
    const added = addSafely(context, progress, waiting.intent, builder, limits);
    if (added.kind === 'full') left.push(waiting);
    else if (added.kind === 'added') {
      progress = added.progress;
      taken.push(waiting);
    } else if (DONE[waiting.intent.kind] === added.fault.code) done.push(waiting);
    else failed.push({ waiting, fault: added.fault });
  }
  if (taken.length === 0) return { draft: null, taken, failed, done, left };
  const operations = progress.built.flatMap((built) => built.operations);
  const next = concludeOperations(record.agreed, progress.state, version, operations);
  if (!next.ok) return withoutCompany({ taken, failed, done, left }, next.error);
  const draft: Draft = {
    version,
    operations,
    intents: taken.map((waiting) => waiting.intent),
    counts: progress.built.map((built) => built.operations.length),
    routes: routesAfter(record, builder, progress.built, next.value),
    next: next.value,
  };
  return { draft, taken, failed, done, left };
}

/** A rule of the whole ledger was broken that no single operation breaks: each is tried by itself, so the guilty one is found. */
function withoutCompany<W extends Waiting>(plan: Omit<Plan<W>, 'draft'>, fault: Fault): Plan<W> {
  const [only, ...others] = plan.taken;
  if (only !== undefined && others.length === 0)
    return { ...plan, draft: null, taken: [], failed: [...plan.failed, { waiting: only, fault }] };
  const apart = plan.taken.map((waiting) => ({ ...waiting, alone: true }));
  return { ...plan, draft: null, taken: [], left: [...apart, ...plan.left] };
}

/** An intent that makes its own rules throw fails by itself: the others go on. */
function addSafely(...given: Parameters<typeof add>): Added {
  try {
    return add(...given);
  } catch (cause) {
    return { kind: 'refused', fault: fault('malformed', { reason: String(cause) }) };
  }
}

type Added = { kind: 'added'; progress: Progress } | { kind: 'full' } | { kind: 'refused'; fault: Fault };

function add(
  context: Context,
  progress: Progress,
  intent: Intent,
  builder: OperationBuilder,
  limits: PlanLimits,
): Added {
  const installs = progress.built.reduce((count, other) => count + other.installs.length, 0);
  const built = builder.build(intent, { version: context.version, index: installs });
  if (!built.ok) return { kind: 'refused', fault: built.error };
  const { operations } = built.value;
  const before = progress.built.reduce((count, other) => count + other.operations.length, 0);
  const bytes = progress.bytes + jsonBytes(operations);
  if (
    before > 0 &&
    (before + operations.length > limits.maxOperations ||
      bytes > Math.min(limits.maxMessageBytes, BATCH_BYTES))
  )
    return { kind: 'full' };
  let state = progress.state;
  for (const operation of operations) {
    const applied = applyOperation(context, state, operation);
    if (!applied.ok) return { kind: 'refused', fault: applied.error };
    state = applied.value;
  }
  return { kind: 'added', progress: { state, built: [...progress.built, built.value], bytes } };
}

/** No fewer than the operations take as JSON. All text in them is ASCII. */
function jsonBytes(value: unknown): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return String(value).length + 3;
  let bytes = 2;
  for (const [key, inner] of Object.entries(value)) bytes += key.length + 3 + jsonBytes(inner);
  return bytes;
}

/** Routes of the apps that are open afterwards: those there were, and one per install. */
function routesAfter(
  record: ChannelRecord,
  builder: OperationBuilder,
  built: readonly Built[],
  next: ChannelState,
): readonly Route[] {
  const idOf = new Map(next.apps.map((open) => [open.app.nonce, open.id]));
  const added = built.flatMap((one) =>
    one.installs.flatMap((install) => {
      const id = idOf.get(install.operation.app.nonce);
      return id === undefined ? [] : [builder.route(install, id)];
    }),
  );
  const isOpen = new Set(idOf.values());
  return [...record.routes, ...added].filter((route) => isOpen.has(route.appId));
}
