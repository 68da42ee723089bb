// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";
import {CoinTransfer} from "../Structs.sol";

/// @title An exchange of two stakes that participant 1 takes or leaves
/// @notice The outcome type is multi-asset over two stakes. Until it is taken each gets its own back; once it is, each gets the
/// other's. The time to take it is the action deadline of the app instance.
contract SwapApp is CounterfactualApp {
    error InvalidState(uint256 length);
    error AlreadyTaken();
    error InvalidAction(uint256 length);

    /// @param amounts those of the two stakes, each by participant position
    struct State {
        uint256[2][2] amounts;
        bool taken;
    }

    /// @inheritdoc CounterfactualApp
    function isStateTerminal(bytes calldata encodedState) external pure returns (bool) {
        return _decode(encodedState).taken;
    }

    /// @inheritdoc CounterfactualApp
    function getTurnTaker(bytes calldata, address[] calldata participants) external pure returns (address) {
        return participants[1];
    }

    /// @notice The only action, taking it, has no content.
    /// @inheritdoc CounterfactualApp
    function applyAction(
        bytes calldata encodedState,
        bytes calldata encodedAction
    ) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        if (encodedAction.length != 0) revert InvalidAction(encodedAction.length);
        if (state.taken) revert AlreadyTaken();
        state.taken = true;
        return abi.encode(state);
    }

    /// @inheritdoc CounterfactualApp
    function computeOutcome(bytes calldata encodedState) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        CoinTransfer[][] memory lists = new CoinTransfer[][](2);
        for (uint256 i = 0; i < 2; i++) {
            lists[i] = new CoinTransfer[](2);
            lists[i][0].amount = state.amounts[i][state.taken ? 1 : 0];
            lists[i][1].amount = state.amounts[i][state.taken ? 0 : 1];
        }
        return abi.encode(lists);
    }

    /// Exactly five words, the last of them 0 or 1: what has two encodings would have two hashes.
    function _decode(bytes calldata encodedState) private pure returns (State memory) {
        if (encodedState.length != 160) revert InvalidState(encodedState.length);
        return abi.decode(encodedState, (State));
    }
}
