// SPDX-License-Identifier: MIT
import { coder } from './world.ts';

/** What a `ScriptedApp` does in a state. An action is the next state; counters must rise. */
export interface Script {
  counter?: bigint;
  turn?: bigint;
  terminal?: boolean;
  fault?: number;
  outcome?: string;
}

export const script = ({ counter = 0n, turn = 0n, terminal = false, fault = 0, outcome = '0x' }: Script) =>
  coder.encode(['tuple(uint256,uint256,bool,uint8,bytes)'], [[counter, turn, terminal, fault, outcome]]);
