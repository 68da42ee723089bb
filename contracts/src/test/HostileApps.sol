// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";

/// @notice Its state says how it behaves: whose turn it is, whether it is over, what comes out, and what goes wrong.
contract ScriptedApp is CounterfactualApp {
    enum Fault {
        None,
        Reverting,
        Looping,
        Flooding,
        Garbage
    }

    struct State {
        uint256 counter;
        uint256 turn;
        bool terminal;
        Fault fault;
        bytes outcome;
    }

    function isStateTerminal(bytes calldata encodedState) external view returns (bool) {
        State memory state = abi.decode(encodedState, (State));
        _act(state.fault);
        return state.terminal;
    }

    function getTurnTaker(
        bytes calldata encodedState,
        address[] calldata participants
    ) external pure returns (address) {
        uint256 turn = abi.decode(encodedState, (State)).turn;
        return turn < 2 ? participants[turn] : address(uint160(turn));
    }

    /// The action is the next state; counters must rise.
    function applyAction(
        bytes calldata encodedState,
        bytes calldata encodedAction
    ) external pure returns (bytes memory) {
        State memory state = abi.decode(encodedState, (State));
        State memory next = abi.decode(encodedAction, (State));
        require(next.counter > state.counter, "counter");
        return encodedAction;
    }

    function computeOutcome(bytes calldata encodedState) external view returns (bytes memory) {
        State memory state = abi.decode(encodedState, (State));
        _act(state.fault);
        return state.outcome;
    }

    function _act(Fault fault) private view {
        if (fault == Fault.Reverting) revert("not yet");
        if (fault == Fault.Looping) {
            for (uint256 i = 0; ; i++) if (gasleft() == i) return;
        }
        if (fault == Fault.Flooding) {
            assembly ("memory-safe") {
                return(0, 300000)
            }
        }
        if (fault == Fault.Garbage) {
            assembly ("memory-safe") {
                mstore(0, not(0))
                mstore(0x20, not(0))
                return(0, 0x40)
            }
        }
    }
}
