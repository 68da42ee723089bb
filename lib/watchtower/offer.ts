// SPDX-License-Identifier: MIT
/**
 * Which answers go into the lane now. It is short on purpose: what does not fit stays where it is stored, so that the
 * next place goes to whatever is most urgent then, and no channel's answers stand in the way of another's.
 */
import type { Lane } from '../lane/lane-item.ts';
import { enqueueAgain, finishedSend, loadLane, type LaneOwner } from '../lane/lane.ts';
import type { Channel } from '../protocol/types.ts';
import type { Answer } from './look.ts';
import type { AnswerPurpose } from './tower-lane.ts';
import type { Tower, TowerChain } from './tower.ts';

/** Answers of one channel on their way at once. */
const PER_CHANNEL = 2;
const MAX_WAITING = 32;
/** Of calls and transactions in the lane, which is one item of the store. */
const MAX_CHARACTERS = 120_000;
/** Seconds before an answer that ended, and is still wanted, is sent again; doubled each time. */
const RETRY_AFTER = 15;

export interface Offered {
  readonly channel: Channel;
  readonly answer: Answer;
}

/** Earliest deadline first. */
export async function offer(
  tower: Tower,
  { writer }: TowerChain,
  owner: LaneOwner<AnswerPurpose>,
  offered: readonly Offered[],
): Promise<void> {
  if (offered.length === 0) return;
  const room = roomIn((await loadLane(owner)).lane);
  const urgent = [...offered].sort((a, b) => a.answer.before - b.answer.before);
  for (const { channel, answer } of urgent) {
    if (room.holds(answer.key)) continue;
    const call = writer.disputeCall(channel, answer.step);
    if (!room.isFor(channel.address, call.data.length)) continue;
    if (!(await isDue(owner, answer.key, tower.clock.now()))) continue;
    const kind = answer.step.kind === 'answer' ? 'answer' : 'set-app-state';
    const purpose: AnswerPurpose = { kind, channel: channel.address, before: answer.before };
    await enqueueAgain(owner, [{ key: answer.key, call, purpose, after: null }]);
    room.take(channel.address, call.data.length);
  }
}

function roomIn({ entries }: Lane<AnswerPurpose>) {
  const waiting = new Map<string, number>();
  const keys = new Set(entries.map((entry) => entry.key.split('~', 1)[0]));
  let count = entries.length;
  let characters = 0;
  const add = (channel: string) => waiting.set(channel, (waiting.get(channel) ?? 0) + 1);
  for (const { purpose, call, attempts } of entries) {
    add(purpose.channel);
    characters += call.data.length + attempts.reduce((sum, { raw }) => sum + raw.length, 0);
  }
  return {
    holds: (key: string): boolean => keys.has(key),
    /** A call alone in the lane always fits, however long. */
    isFor: (channel: string, length: number): boolean =>
      count === 0 ||
      (count < MAX_WAITING &&
        (waiting.get(channel) ?? 0) < PER_CHANNEL &&
        characters + 2 * length <= MAX_CHARACTERS),
    take(channel: string, length: number): void {
      add(channel);
      count += 1;
      characters += 2 * length;
    },
  };
}

/** Whether it was never sent, or what became of it is long enough ago. */
async function isDue(owner: LaneOwner<AnswerPurpose>, key: string, now: number): Promise<boolean> {
  let pause = RETRY_AFTER;
  for (let run = 0; ; run++) {
    const ended = await finishedSend(owner, run === 0 ? key : `${key}~${run}`);
    if (ended === null) return true;
    if (now < ended.at + pause) return false;
    pause *= 2;
  }
}
