// SPDX-License-Identifier: MIT
import { explore, type Model, type Verdict } from './explore.ts';

/** One choice of the numbers a model leaves open. */
export interface Setting {
  readonly name: string;
  run(): Verdict;
}

export type Size = 'small' | 'full';

/** That one set of rules is safe in all its settings, or that a wrong one is found out in some of them. */
export interface Claim {
  readonly rules: string;
  readonly safe: boolean;
  settings(size: Size): readonly Setting[];
}

export interface ModelSuite {
  readonly name: string;
  readonly about: string;
  readonly claims: readonly Claim[];
}

export interface Finding {
  readonly holds: boolean;
  readonly states: number;
  readonly settings: number;
  /** The setting and its story, where something wrong was reached. */
  readonly counterexample?: { readonly setting: string; readonly verdict: Verdict };
  /** Settings whose bound was reached before everything was seen. */
  readonly unfinished: readonly string[];
}

export function setting<State>(name: string, model: Model<State>, bound?: number): Setting {
  return { name, run: () => explore(model, bound) };
}

/** A bound that was reached proves nothing, so that a safe claim holds only when every setting was seen whole. */
export function check(claim: Claim, size: Size): Finding {
  let states = 0;
  let settings = 0;
  const unfinished: string[] = [];
  for (const each of claim.settings(size)) {
    const verdict = each.run();
    states += verdict.states;
    settings += 1;
    if (verdict.wrong !== undefined)
      return {
        holds: !claim.safe,
        states,
        settings,
        unfinished,
        counterexample: { setting: each.name, verdict },
      };
    if (!verdict.complete) unfinished.push(each.name);
  }
  return { holds: claim.safe && unfinished.length === 0, states, settings, unfinished };
}

export function tell(finding: Finding): string {
  if (finding.counterexample === undefined) return '';
  const { setting: name, verdict } = finding.counterexample;
  const lines = verdict.story.map((line, at) => `  ${String(at + 1).padStart(3)}. ${line}`);
  return [`  with ${name}:`, ...lines, `  so: ${verdict.wrong}`].join('\n');
}
