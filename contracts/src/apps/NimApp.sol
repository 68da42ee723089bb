// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";

/// @title Nim for a stake
/// @notice Two-party fixed outcome. Participants take from one of three piles in turn; who takes the last piece takes all, and
/// who lets its time run out loses. The mover is part of the state, so the two may agree on who begins.
contract NimApp is CounterfactualApp {
    error InvalidState(uint256 length);
    error InvalidAction(uint256 length);
    error InvalidPile(uint256 pile);
    error InvalidAmount(uint256 given, uint256 left);

    /// @param mover whose turn it is, 0 or 1
    struct State {
        uint256 mover;
        uint256[3] piles;
    }

    /// @inheritdoc CounterfactualApp
    function isStateTerminal(bytes calldata encodedState) external pure returns (bool) {
        State memory state = _decode(encodedState);
        return state.piles[0] == 0 && state.piles[1] == 0 && state.piles[2] == 0;
    }

    /// @inheritdoc CounterfactualApp
    function getTurnTaker(
        bytes calldata encodedState,
        address[] calldata participants
    ) external pure returns (address) {
        return participants[_decode(encodedState).mover];
    }

    /// @notice The action is `abi.encode(uint256 pile, uint256 amount)`.
    /// @inheritdoc CounterfactualApp
    function applyAction(
        bytes calldata encodedState,
        bytes calldata encodedAction
    ) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        if (encodedAction.length != 64) revert InvalidAction(encodedAction.length);
        (uint256 pile, uint256 amount) = abi.decode(encodedAction, (uint256, uint256));
        if (pile > 2) revert InvalidPile(pile);
        if (amount == 0 || amount > state.piles[pile]) revert InvalidAmount(amount, state.piles[pile]);
        state.piles[pile] -= amount;
        state.mover = 1 - state.mover;
        return abi.encode(state);
    }

    /// @notice Whoever is to move has lost: the other took the last piece, or waits in vain.
    /// @inheritdoc CounterfactualApp
    function computeOutcome(bytes calldata encodedState) external pure returns (bytes memory) {
        return abi.encode(1 - _decode(encodedState).mover);
    }

    function _decode(bytes calldata encodedState) private pure returns (State memory) {
        if (encodedState.length != 128) revert InvalidState(encodedState.length);
        return abi.decode(encodedState, (State));
    }
}
