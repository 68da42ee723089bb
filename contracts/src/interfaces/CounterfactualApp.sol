// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The application interface of the Counterfactual framework
/// @notice Kept to its exact ABI, so that published applications run unmodified.
interface CounterfactualApp {
    /// @notice Whether no further action is possible.
    function isStateTerminal(bytes calldata encodedState) external view returns (bool);

    /// @notice The participant who may act in this state.
    function getTurnTaker(bytes calldata encodedState, address[] calldata participants) external view returns (address);

    /// @notice The state after an action; reverts when the action is not allowed.
    function applyAction(
        bytes calldata encodedState,
        bytes calldata encodedAction
    ) external view returns (bytes memory);

    /// @notice The encoded outcome, shaped by the app's outcome type. A revert means *not yet*.
    function computeOutcome(bytes calldata encodedState) external view returns (bytes memory);
}
