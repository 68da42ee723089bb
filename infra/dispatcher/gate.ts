// SPDX-License-Identifier: MIT
/** At most `running` at a time, and at most `waiting` in line: more would only make everybody late. */
export class Gate {
  readonly #running: number;
  readonly #waiting: number;
  #active = 0;
  readonly #line: (() => void)[] = [];
  #head = 0;
  readonly #idle: (() => void)[] = [];

  constructor({ running, waiting }: { running: number; waiting: number }) {
    this.#running = running;
    this.#waiting = waiting;
  }

  /** Starts the task now or when its turn comes; false if the line is full. */
  offer(task: () => Promise<void>): boolean {
    if (this.#active < this.#running) {
      this.#run(task);
      return true;
    }
    if (this.#line.length - this.#head >= this.#waiting) return false;
    this.#line.push(() => this.#run(task));
    return true;
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    return this.#active === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #run(task: () => Promise<void>): void {
    this.#active += 1;
    task().then(this.#next, this.#next);
  }

  readonly #next = (): void => {
    this.#active -= 1;
    const start = this.#line[this.#head];
    if (start !== undefined) {
      this.#head += 1;
      // Cut off the used part now and then: shift() of a long array costs as much as the work itself.
      if (this.#head > 1_024) {
        this.#line.splice(0, this.#head);
        this.#head = 0;
      }
      start();
    } else if (this.#active === 0) {
      this.#line.length = 0;
      this.#head = 0;
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  };
}
