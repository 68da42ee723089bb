// SPDX-License-Identifier: MIT
/** Looks at every state that can be reached, nearest first, so that the first wrong one has the shortest story. */

export interface Step<State> {
  /** What happened, as a sentence of the story; empty for the passing of time. */
  readonly says: string;
  readonly to: State;
  /** Set where the step itself must never happen. */
  readonly wrong?: string | undefined;
}

export interface Model<State> {
  readonly start: State;
  /** Plain data only: two states are the same when their JSON is. */
  steps(state: State): readonly Step<State>[];
  wrong(state: State): string | undefined;
}

export interface Verdict {
  readonly states: number;
  /** False where the bound was reached first: nothing wrong so far, and no proof. */
  readonly complete: boolean;
  readonly wrong?: string;
  readonly story: readonly string[];
}

export function explore<State>(model: Model<State>, bound = 3_000_000): Verdict {
  const states = [model.start];
  const origin = [-1];
  const says = [''];
  const seen = new Set([JSON.stringify(model.start)]);
  const storyOf = (last: number): string[] => {
    const story: string[] = [];
    for (let at = last; at > 0; at = origin[at]!) if (says[at] !== '') story.push(says[at]!);
    return story.reverse();
  };
  for (let at = 0; at < states.length; at++) {
    if (states.length > bound) return { states: states.length, complete: false, story: [] };
    for (const step of model.steps(states[at]!)) {
      const key = JSON.stringify(step.to);
      const wrong = step.wrong ?? (seen.has(key) ? undefined : model.wrong(step.to));
      if (wrong !== undefined) {
        const story = [...storyOf(at), ...(step.says === '' ? [] : [step.says])];
        return { states: states.length, complete: false, wrong, story };
      }
      if (seen.has(key)) continue;
      seen.add(key);
      states.push(step.to);
      origin.push(at);
      says.push(step.says);
    }
  }
  return { states: states.length, complete: true, story: [] };
}
