// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";

/// @title Noughts and crosses for a stake
/// @notice Two-party fixed outcome. Participant 0 begins. Who completes a line takes all; a full board splits evenly; who lets
/// its time run out loses.
contract TicTacToeApp is CounterfactualApp {
    error InvalidState(uint256 length);
    error InvalidAction(uint256 length);
    error GameOver();
    error InvalidCell(uint256 cell);
    error CellTaken(uint256 cell);

    /// @param boards cells of each participant as bits, cell = 3 · row + column
    struct State {
        uint256[2] boards;
    }

    uint256 private constant FULL = 0x1ff;

    /// @inheritdoc CounterfactualApp
    function isStateTerminal(bytes calldata encodedState) external pure returns (bool) {
        return _isOver(_decode(encodedState));
    }

    /// @inheritdoc CounterfactualApp
    function getTurnTaker(
        bytes calldata encodedState,
        address[] calldata participants
    ) external pure returns (address) {
        return participants[_turn(_decode(encodedState))];
    }

    /// @notice The action is one cell, 0 to 8.
    /// @inheritdoc CounterfactualApp
    function applyAction(
        bytes calldata encodedState,
        bytes calldata encodedAction
    ) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        if (encodedAction.length != 32) revert InvalidAction(encodedAction.length);
        uint256 cell = abi.decode(encodedAction, (uint256));
        if (_isOver(state)) revert GameOver();
        if (cell > 8) revert InvalidCell(cell);
        uint256 bit = 1 << cell;
        if ((state.boards[0] | state.boards[1]) & bit != 0) revert CellTaken(cell);
        state.boards[_turn(state)] |= bit;
        return abi.encode(state);
    }

    /// @inheritdoc CounterfactualApp
    function computeOutcome(bytes calldata encodedState) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        if (_hasLine(state.boards[0])) return abi.encode(uint256(0));
        if (_hasLine(state.boards[1])) return abi.encode(uint256(1));
        if (_isOver(state)) return abi.encode(uint256(2));
        return abi.encode(1 - _turn(state));
    }

    function _turn(State memory state) private pure returns (uint256) {
        return _count(state.boards[0]) > _count(state.boards[1]) ? 1 : 0;
    }

    function _isOver(State memory state) private pure returns (bool) {
        return
            _hasLine(state.boards[0]) ||
            _hasLine(state.boards[1]) ||
            (state.boards[0] | state.boards[1]) & FULL == FULL;
    }

    function _hasLine(uint256 board) private pure returns (bool) {
        uint16[8] memory lines = [0x007, 0x038, 0x1c0, 0x049, 0x092, 0x124, 0x111, 0x054];
        for (uint256 i = 0; i < 8; i++) if (board & lines[i] == lines[i]) return true;
        return false;
    }

    function _count(uint256 board) private pure returns (uint256 count) {
        for (uint256 cell = 0; cell < 9; cell++) count += (board >> cell) & 1;
    }

    function _decode(bytes calldata encodedState) private pure returns (State memory) {
        if (encodedState.length != 64) revert InvalidState(encodedState.length);
        return abi.decode(encodedState, (State));
    }
}
