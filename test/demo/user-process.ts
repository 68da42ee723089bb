// SPDX-License-Identifier: MIT
/** A user as the demo holds it: a child process, told what to do and waited for. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, Command, CommandName, Commands, Self, Start } from './messages.ts';

const PROGRAM = join(import.meta.dirname, 'user.ts');
const PATIENCE_MS = 120_000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class UserProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #self: Self | undefined;
  #count = 0;

  private constructor(name: string) {
    this.name = name;
    this.#child = fork(PROGRAM, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (answer: Answer) => this.#hear(answer));
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    void this.#exited.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the process of ${name} ended`));
      this.#waiting.clear();
    });
  }

  /** A process for this user, signed in. What an earlier one left in the folder is gone on with. */
  static async start(name: string, start: Start): Promise<UserProcess> {
    await mkdir(start.folder, { recursive: true });
    const user = new UserProcess(name);
    running.add(user);
    user.#self = await user.tell('start', start);
    return user;
  }

  get self(): Self {
    if (this.#self === undefined) throw new Error(`${this.name} has not started`);
    return this.#self;
  }

  async tell<Name extends CommandName>(
    name: Name,
    parameters: Commands[Name][0],
  ): Promise<Commands[Name][1]> {
    const command: Command = { number: (this.#count += 1), name, parameters };
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Commands[Name][1]>((resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${this.name}: ${name} took longer than ${PATIENCE_MS / 1000} s`)),
          PATIENCE_MS,
        );
        this.#waiting.set(command.number, { resolve: resolve as Waiting['resolve'], reject });
        this.#child.send(command, (error) => error !== null && reject(error));
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(command.number);
    }
  }

  /** kill -9: a wallet that is closed says no goodbye. Its folder keeps everything. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    running.delete(this);
  }

  #hear(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number);
    if (answer.ok) waiting?.resolve(answer.result);
    else waiting?.reject(new Error(`${this.name}: ${answer.code}: ${answer.message}`));
  }
}

const running = new Set<UserProcess>();

export async function endUsers(): Promise<void> {
  await Promise.all([...running].map((user) => user.end()));
}
