// SPDX-License-Identifier: MIT
/**
 * Which answers go into the lane now. It is short on purpose: what does not fit stays where it is stored, so that the
 * next place goes to whatever is most urgent then, and no channel's answers stand in the way of another's.
 */
import { enqueueAgain, finishedSend, firstOpen, type LaneOwner } from '../lane/lane.ts';
import type { StoredSend } from '../lane/send-item.ts';
import type { Channel } from '../protocol/types.ts';
import type { Answer } from './look.ts';
import type { AnswerPurpose } from './tower-lane.ts';
import type { Tower, TowerChain } from './tower.ts';

/** Answers of one channel on their way at once. */
const PER_CHANNEL = 2;
const MAX_WAITING = 32;
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
  const room = roomBeside(await firstOpen(owner, MAX_WAITING));
  const urgent = [...offered].sort((a, b) => a.answer.before - b.answer.before);
  for (const { channel, answer } of urgent) {
    if (room.holds(answer.key)) continue;
    const call = writer.disputeCall(channel, answer.step);
    if (!room.isFor(channel.address)) continue;
    if (!(await isDue(owner, answer.key, tower.clock.now()))) continue;
    const kind = answer.step.kind === 'answer' ? 'answer' : 'set-app-state';
    const purpose: AnswerPurpose = { kind, channel: channel.address, before: answer.before };
    await enqueueAgain(owner, [{ key: answer.key, rank: 0, call, purpose, after: null }]);
    room.take(channel.address);
  }
}

function roomBeside(waiting: readonly StoredSend<AnswerPurpose>[]) {
  const ofChannel = new Map<string, number>();
  const keys = new Set(waiting.map(({ key }) => key.split('~', 1)[0]));
  let count = waiting.length;
  const add = (channel: string) => ofChannel.set(channel, (ofChannel.get(channel) ?? 0) + 1);
  for (const { purpose } of waiting) if (purpose !== null) add(purpose.channel);
  return {
    holds: (key: string): boolean => keys.has(key),
    isFor: (channel: string): boolean => count < MAX_WAITING && (ofChannel.get(channel) ?? 0) < PER_CHANNEL,
    take(channel: string): void {
      add(channel);
      count += 1;
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
