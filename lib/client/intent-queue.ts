// SPDX-License-Identifier: MIT
/** Intents on their way: those waiting for a proposal, those in one, and who waits for them. One key is one intent. */
import type { NewItem } from '../store/store.ts';
import { IndraError } from './indra-error.ts';
import { intentKey, type Intent } from './intents.ts';
import type { SignedProposal } from './channel-record.ts';
import type { Waiting } from './plan-proposal.ts';

export interface QueuedIntent extends Waiting {
  /** Correlation id of the call that caused it. */
  readonly id: string;
  /** May wait a little for company. */
  readonly isPatient: boolean;
  /** Stored with the first proposal it is in, unless it is there. */
  readonly item: NewItem | null;
}

/** `entry` is null where the intent had come true before. */
export interface Accomplished {
  readonly entry: SignedProposal | null;
}

interface Waiter {
  /** How many wait together. */
  count: number;
  readonly promise: Promise<Accomplished>;
  readonly resolve: (done: Accomplished) => void;
  readonly reject: (error: IndraError) => void;
}

function newWaiter(): Waiter {
  let resolve: Waiter['resolve'] = () => {};
  let reject: Waiter['reject'] = () => {};
  const promise = new Promise<Accomplished>((onDone, onFail) => {
    resolve = onDone;
    reject = onFail;
  });
  return { count: 1, promise, resolve, reject };
}

export const queued = (
  intent: Intent,
  id: string,
  { isPatient = false, item = null }: Partial<Pick<QueuedIntent, 'isPatient' | 'item'>> = {},
): QueuedIntent => ({
  intent,
  id,
  isPatient,
  item,
  alone: false,
});

export class IntentQueue {
  readonly #waiters = new Map<string, Waiter>();
  /** In a proposal. */
  readonly #active = new Map<string, Intent>();
  #items: readonly QueuedIntent[] = [];

  get items(): readonly QueuedIntent[] {
    return this.#items;
  }

  /** Whether something waits that should not wait longer. */
  get isUrgent(): boolean {
    return this.#items.some((item) => !item.isPatient);
  }

  /** The intent with the same key that waits or is in a proposal; null if none. */
  find(intent: Intent): Intent | null {
    const key = intentKey(intent);
    const waiting = this.#items.find((item) => intentKey(item.intent) === key);
    return this.#active.get(key) ?? waiting?.intent ?? null;
  }

  /** False if it was there already, or is in a proposal. */
  add(item: QueuedIntent): boolean {
    const key = intentKey(item.intent);
    if (this.#active.has(key)) return false;
    const known = this.#items.some((other) => intentKey(other.intent) === key);
    if (!known) this.#items = [...this.#items, item];
    else if (!item.isPatient) this.hurry(item.intent);
    return !known;
  }

  hurry(intent: Intent): void {
    const key = intentKey(intent);
    this.#items = this.#items.map((item) =>
      intentKey(item.intent) === key ? { ...item, isPatient: false } : item,
    );
  }

  /** Joins whoever waits for this intent already. */
  wait(intent: Intent): Promise<Accomplished> {
    const key = intentKey(intent);
    const known = this.#waiters.get(key);
    if (known !== undefined) {
      known.count += 1;
      return known.promise;
    }
    const waiter = newWaiter();
    // Nobody has to listen: the outcome is told as an event too.
    waiter.promise.catch(() => {});
    this.#waiters.set(key, waiter);
    return waiter.promise;
  }

  /** False if it is in a proposal, or if somebody else waits for it too. */
  retract(intent: Intent): boolean {
    const key = intentKey(intent);
    const waiter = this.#waiters.get(key);
    if (waiter !== undefined && waiter.count > 1) {
      waiter.count -= 1;
      return false;
    }
    const left = this.#items.filter((item) => intentKey(item.intent) !== key);
    if (left.length === this.#items.length) return false;
    this.#items = left;
    waiter?.reject(IndraError.from('aborted', undefined, 'unchanged'));
    this.#waiters.delete(key);
    return true;
  }

  /** Gives up an intent that is in no proposal. */
  refuse(intent: Intent, error: IndraError): void {
    const key = intentKey(intent);
    this.#items = this.#items.filter((item) => intentKey(item.intent) !== key);
    this.disappoint(intent, error);
  }

  /** Nobody waits for it any longer; it is as it was. */
  disappoint(intent: Intent, error: IndraError): void {
    const key = intentKey(intent);
    this.#waiters.get(key)?.reject(error);
    this.#waiters.delete(key);
  }

  /** None of it will happen any more. Of what is in a proposal nobody here knows. */
  clear(error: IndraError): void {
    for (const { intent } of this.#items) this.disappoint(intent, error);
    this.#items = [];
    this.#active.clear();
    this.rejectAll(error.withOutcome('unknown'));
  }

  /** `taken` went into a proposal; `left` waits for the next one. */
  take(taken: readonly Intent[], left: readonly QueuedIntent[]): void {
    for (const intent of taken) this.#active.set(intentKey(intent), intent);
    this.#items = left;
  }

  /** Out of a proposal and back, ahead of the others. */
  putBack(items: readonly QueuedIntent[]): void {
    const keys = new Set(items.map((item) => intentKey(item.intent)));
    for (const key of keys) this.#active.delete(key);
    this.#items = [...items, ...this.#items.filter((item) => !keys.has(intentKey(item.intent)))];
  }

  settle(intent: Intent, done: Accomplished): void {
    const key = intentKey(intent);
    this.#active.delete(key);
    this.#waiters.get(key)?.resolve(done);
    this.#waiters.delete(key);
  }

  /** False if nobody waited. */
  fail(intent: Intent, error: IndraError): boolean {
    const key = intentKey(intent);
    this.#active.delete(key);
    const waiter = this.#waiters.get(key);
    this.#waiters.delete(key);
    waiter?.reject(error);
    return waiter !== undefined;
  }

  rejectAll(error: IndraError): void {
    for (const waiter of this.#waiters.values()) waiter.reject(error);
    this.#waiters.clear();
  }
}
