// SPDX-License-Identifier: MIT
/** `npm run demo`: the main job from sign-in to the last wei, with users in processes of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { onEndAsked } from '../../infra/local/end-with-parent.ts';
import { mainJob, type Balances } from './main-job.ts';
import { Steps } from './steps.ts';
import { findOrStartWorld, type DemoWorld } from './the-world.ts';
import { endUsers } from './user-process.ts';

const HELP = `npm run demo -- [options]

Two users with fresh keys, each in its own process, sign in, deposit ether and a token by plain transfers, pay each other
through the hub, pay somebody who is offline and somebody who has no channel yet, withdraw everything, and add up: every
wei on chain is accounted for. Uses the world that \`npm start\` runs, or starts one and ends it.

  --payments <n>            between the two, both ways and in both assets (100)
  --own-world               start a world even if one is running
  --store dynamodb|sqlite   the store of a world of its own (dynamodb: an embedded compatible server)
  --json                    one JSON object on standard output and nothing else: {ok, steps, balances}
  --help                    this text

Exit code: 0 if everything adds up, 1 if not, 130 if it was interrupted.`;

const { options, mistake } = optionsOf(process.argv.slice(2));
const steps = new Steps((line) => options.json || process.stdout.write(`${line}\n`));
let world: DemoWorld | undefined;
let folder: string | undefined;
let ending: Promise<never> | undefined;

if (options.help) {
  console.log(HELP);
} else {
  onEndAsked((reason) => void end(130, { error: `interrupted (${reason})` }));
  run().then(
    (balances) => end(0, { balances }),
    (error: unknown) => end(1, { error: error instanceof Error ? error.message : String(error) }),
  );
}

function optionsOf(args: string[]) {
  const read = (given: string[]) =>
    parseArgs({
      args: given,
      options: {
        payments: { type: 'string', default: '100' },
        'own-world': { type: 'boolean', default: false },
        store: { type: 'string', default: 'dynamodb' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  try {
    return { options: read(args), mistake: null };
  } catch (error) {
    return { options: { ...read([]), json: args.includes('--json') }, mistake: error as Error };
  }
}

async function run(): Promise<Balances> {
  if (mistake !== null) throw mistake;
  const payments = Number(options.payments);
  if (!Number.isInteger(payments) || payments < 4 || payments > 100_000)
    throw new Error(`--payments ${options.payments}: a number from 4 to 100000`);
  if (options.store !== 'dynamodb' && options.store !== 'sqlite')
    throw new Error(`--store ${options.store}: dynamodb or sqlite`);
  const { store } = options;
  const here = (folder = await mkdtemp(join(tmpdir(), 'indra-demo-')));
  const found = await steps.step('world', async () => {
    world = await findOrStartWorld({
      mustBeOwn: options['own-world'],
      folder: join(here, 'world'),
      store,
      onProgress: (text) => steps.note(text),
      onEnd: (part, tail) => void end(1, { error: `${part} ended by itself. Its last lines:\n${tail}` }),
    });
    return { result: world, facts: { started: world.isOwn, store: world.store, hub: world.hubUrl } };
  });
  return mainJob({ world: found, steps, folder: here, payments });
}

function end(code: number, outcome: { balances: Balances } | { error: string }): Promise<never> {
  ending ??= (async () => {
    await endUsers();
    // A world still starting is ended by its guardian as soon as this process is gone.
    await world?.stop().catch(() => {});
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    await say(outcome);
    process.exit(code);
  })();
  return ending;
}

function say(outcome: { balances: Balances } | { error: string }): Promise<void> {
  const ok = 'balances' in outcome;
  const { done } = steps;
  if ('error' in outcome) process.stderr.write(`indra demo: ${outcome.error}\n`);
  const report = ok
    ? { ok, steps: done, balances: outcome.balances }
    : { ok, steps: done, balances: null, error: outcome.error };
  const amounts = (_key: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
  const text = options.json
    ? `${JSON.stringify(report, amounts)}\n`
    : ok
      ? '\nEvery wei is accounted for.\n'
      : '';
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
