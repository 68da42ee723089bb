// SPDX-License-Identifier: MIT
/**
 * At most so many tasks at a time, shared out among lines: one for each user. The lines take turns, none runs or waits for more
 * than its share, and what waited longer than its sender does is dropped (invariant 20). Where all waiting places are taken, the
 * longest line gives up its newest task for a line that has none.
 */
export interface FairGateOptions {
  /** Tasks at a time, over all and of one line. */
  readonly running: number;
  readonly perLine: { readonly running: number; readonly waiting: number };
  /** Tasks that wait, over all lines. */
  readonly waiting: number;
  /** Milliseconds a task may wait. */
  readonly patience: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

interface Waiting {
  readonly task: () => Promise<void>;
  readonly giveUp: () => void;
  readonly until: number;
}

interface Line {
  readonly name: string;
  active: number;
  readonly waiting: Waiting[];
}

export class FairGate {
  readonly #options: FairGateOptions;
  readonly #now: () => number;
  readonly #lines = new Map<string, Line>();
  /** Lines with something waiting that may run more, in the order of their turns. */
  readonly #ready = new Set<Line>();
  readonly #idle: (() => void)[] = [];
  #active = 0;
  #waiting = 0;

  constructor(options: FairGateOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Starts the task now or when its turn comes. False if there is no room; `giveUp` is told if its room goes to another line. */
  offer(name: string, task: () => Promise<void>, giveUp: () => void = () => {}): boolean {
    const { running, perLine, waiting, patience } = this.#options;
    const line = this.#lines.get(name) ?? { name, active: 0, waiting: [] };
    if (this.#active < running && line.active < perLine.running && line.waiting.length === 0) {
      this.#lines.set(name, line);
      this.#run(line, task);
      return true;
    }
    if (line.waiting.length >= perLine.waiting) return false;
    if (this.#waiting >= waiting && (line.waiting.length > 0 || !this.#makeRoom())) return false;
    this.#lines.set(name, line);
    line.waiting.push({ task, giveUp, until: this.#now() + patience });
    this.#waiting += 1;
    if (line.active < perLine.running) this.#ready.add(line);
    return true;
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    return this.#active === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #makeRoom(): boolean {
    let longest: Line | undefined;
    for (const line of this.#lines.values())
      if (line.waiting.length > (longest?.waiting.length ?? 1)) longest = line;
    const newest = longest?.waiting.pop();
    if (newest === undefined) return false;
    this.#waiting -= 1;
    newest.giveUp();
    return true;
  }

  #run(line: Line, task: () => Promise<void>): void {
    this.#active += 1;
    line.active += 1;
    const ended = (): void => {
      this.#active -= 1;
      line.active -= 1;
      if (line.waiting.length > 0) this.#ready.add(line);
      else if (line.active === 0) this.#lines.delete(line.name);
      this.#next();
    };
    task().then(ended, ended);
  }

  #next(): void {
    const { running, perLine } = this.#options;
    while (this.#active < running) {
      const [line] = this.#ready;
      if (line === undefined) break;
      this.#ready.delete(line);
      const next = this.#firstInTime(line);
      if (next === undefined) {
        if (line.active === 0) this.#lines.delete(line.name);
        continue;
      }
      this.#run(line, next.task);
      // To the end of the others: its turn comes again when each of them had one.
      if (line.waiting.length > 0 && line.active < perLine.running) this.#ready.add(line);
    }
    if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Whoever sent what waited too long has sent it again, or given up: running it would only make the others late. */
  #firstInTime({ waiting }: Line): Waiting | undefined {
    const now = this.#now();
    const inTime = waiting.findIndex(({ until }) => until > now);
    const dropped = waiting.splice(0, inTime === -1 ? waiting.length : inTime);
    this.#waiting -= dropped.length;
    const next = waiting.shift();
    if (next !== undefined) this.#waiting -= 1;
    return next;
  }
}
