// SPDX-License-Identifier: MIT
/** The steps of the demo: what was done, how long it took, what came of it. */

export type Facts = Readonly<Record<string, string | number | boolean | bigint>>;

export interface DoneStep {
  readonly name: string;
  readonly ms: number;
  readonly [fact: string]: string | number | boolean | bigint;
}

export class Steps {
  readonly done: DoneStep[] = [];
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  note(text: string): void {
    this.#say(`  ${text} …`);
  }

  /** An error names the step it happened in. */
  async step<T>(name: string, run: () => Promise<{ readonly result: T; readonly facts: Facts }>): Promise<T> {
    const begun = performance.now();
    try {
      const { result, facts } = await run();
      const ms = Math.round(performance.now() - begun);
      this.done.push({ name, ms, ...facts });
      const told = Object.entries(facts).map(([fact, value]) => `${fact} ${value}`);
      this.#say(`${name.padEnd(12)} ${String(ms).padStart(6)} ms   ${told.join(', ')}`);
      return result;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${name}: ${reason}`, { cause: error });
    }
  }
}
