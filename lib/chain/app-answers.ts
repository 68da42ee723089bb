// SPDX-License-Identifier: MIT
/** An app's contract asked what it makes of a state, as the registry would ask it: for apps whose twin is not known here. */
import { Interface } from 'ethers';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address, App, Bytes } from '../protocol/types.ts';
import app from './abi/CounterfactualApp.json' with { type: 'json' };
import { address, data, revertOf, unavailable } from './chain-answers.ts';
import type { JsonRpc } from './json-rpc.ts';

const appInterface = new Interface(app.abi);

export interface AppTurn {
  readonly isTerminal: boolean;
  /** Null where the state is terminal. */
  readonly taker: Address | null;
}

/** Fails with `invalid_state` where the contract does not take the state. */
export async function askTurn(
  rpc: JsonRpc,
  registry: Address,
  { definition, participants }: Pick<App, 'definition' | 'participants'>,
  state: Bytes,
): Promise<Outcomes<AppTurn>> {
  const contract = { rpc, registry, definition };
  const terminal = await askApp(contract, 'isStateTerminal', [state]);
  if (!terminal.ok) return terminal;
  if (terminal.value === null) return refuse('invalid_state', { definition });
  if (terminal.value === true) return ok({ isTerminal: true, taker: null });
  const taker = await askApp(contract, 'getTurnTaker', [state, participants]);
  if (!taker.ok) return taker;
  const parsed = address.safeParse(taker.value);
  return parsed.success
    ? ok({ isTerminal: false, taker: parsed.data })
    : refuse('invalid_state', { definition });
}

/** The state an action leads to. Fails with `invalid_action` where the contract does not take the action. */
export async function askAction(
  rpc: JsonRpc,
  registry: Address,
  definition: Address,
  move: { readonly state: Bytes; readonly action: Bytes },
): Promise<Outcomes<Bytes>> {
  const applied = await askApp({ rpc, registry, definition }, 'applyAction', [move.state, move.action]);
  if (!applied.ok) return applied;
  return applied.value === null
    ? refuse('invalid_action', { definition })
    : ok(String(applied.value).toLowerCase() as Bytes);
}

/** Null where the contract reverts, or answers nothing that can be read. */
async function askApp(
  { rpc, registry, definition }: { rpc: JsonRpc; registry: Address; definition: Address },
  method: string,
  values: readonly unknown[],
): Promise<Outcomes<unknown>> {
  const call = { from: registry, to: definition, data: appInterface.encodeFunctionData(method, values) };
  const answer = await rpc.request('eth_call', [call, 'latest']);
  if (!answer.ok) return revertOf(answer.error) === null ? unavailable(answer.error) : ok(null);
  const bytes = data.safeParse(answer.value);
  if (!bytes.success) return refuse('chain_unavailable', { method, reason: 'unexpected answer' });
  try {
    return ok(appInterface.decodeFunctionResult(method, bytes.data)[0]);
  } catch {
    return ok(null);
  }
}
