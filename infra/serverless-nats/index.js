// SPDX-License-Identifier: MIT
/**
 * Serverless plugin: function events `nats: {subject, queue, lane}` and `timer: {seconds}`.
 * - `serverless offline`: connects to NATS as the hub and dispatches to the functions declared, in this process.
 * - `serverless package`: writes the table the bridge reads (nats-routes.json) and gives each timer a schedule.
 * List it after serverless-esbuild and before serverless-offline.
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export default class ServerlessNats {
  #serverless;
  #options;
  #running;

  constructor(serverless, options) {
    this.#serverless = serverless;
    this.#options = options;
    if (Number(process.versions.node.split('.')[0]) < 24) {
      throw new serverless.classes.Error(
        `Node ${process.versions.node} cannot run the functions: use npm run or npx, which find Node 24 in node_modules.`,
      );
    }
    const schema = serverless.configSchemaHandler;
    schema.defineFunctionEvent('aws', 'nats', {
      type: 'object',
      properties: {
        subject: { type: 'string', pattern: '^[^\\s.]+(\\.[^\\s.]+)*$' },
        queue: { type: 'string', minLength: 1 },
        lane: { enum: ['users', 'chain', 'hub'] },
      },
      required: ['subject'],
      additionalProperties: false,
    });
    schema.defineFunctionEvent('aws', 'timer', {
      type: 'object',
      properties: { seconds: { type: 'number', minimum: 1 } },
      required: ['seconds'],
      additionalProperties: false,
    });
    this.hooks = {
      // `serverless offline` runs the first of these, `serverless offline start` the second.
      'offline:start': () => this.#start(),
      'offline:start:init': () => this.#start(),
      'offline:start:end': () => this.#stop(),
      'before:package:initialize': () => this.#scheduleTimers(),
      'after:package:finalize': () => this.#writeRoutes(),
    };
  }

  #functions() {
    const { service } = this.#serverless;
    return Object.fromEntries(service.getAllFunctions().map((name) => [name, service.getFunction(name)]));
  }

  async #start() {
    if (this.#running !== undefined) return;
    const { startOffline } = await import('./offline.ts');
    const { service, serviceDir } = this.#serverless;
    this.#running = await startOffline({
      functions: this.#functions(),
      defaultTimeout: service.provider.timeout,
      folder: resolve(serviceDir, service.custom?.['serverless-offline']?.location ?? '.'),
    });
    this.#drainBeforeExit();
  }

  /** Plain `serverless offline` ends the process without asking plugins, so the dispatcher is drained before it does. */
  #drainBeforeExit() {
    const offline = this.#serverless.pluginManager.plugins.find(
      (plugin) => plugin.constructor.name === 'ServerlessOffline',
    );
    if (typeof offline?.end !== 'function') return;
    const end = offline.end.bind(offline);
    offline.end = async (skipExit) => {
      await this.#stop();
      await end(skipExit);
    };
  }

  async #stop() {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }

  /** In the cloud a minute is the shortest schedule there is. */
  #scheduleTimers() {
    for (const [name, definition] of Object.entries(this.#functions())) {
      if (!(definition.events ?? []).some((event) => event.timer !== undefined)) continue;
      definition.events.push({ schedule: { rate: ['rate(1 minute)'], input: { timer: name } } });
    }
  }

  async #writeRoutes() {
    const { readRoutes } = await import('../dispatcher/routes.ts');
    const { service, serviceDir } = this.#serverless;
    const folder = resolve(serviceDir, this.#options.package ?? service.package?.path ?? '.serverless');
    const routes = readRoutes(this.#functions(), service.provider.timeout);
    await writeFile(join(folder, 'nats-routes.json'), `${JSON.stringify(routes, null, 2)}\n`);
  }
}
