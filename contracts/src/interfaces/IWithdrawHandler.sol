// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a withdrawal may call
/// @notice The one method a channel ever calls on a contract named in a withdrawal. The channel never executes calldata
/// of anyone's choosing.
interface IWithdrawHandler {
    /// @notice Called once the money is with the handler: ether comes as value, tokens were transferred before.
    /// A revert, or any other return value, undoes the whole withdrawal.
    /// @param party 0 = initiator, 1 = responder: whose money this was
    /// @param recipient the recipient named in the withdrawal
    /// @param data as signed by both parties
    /// @return the selector of this method
    function onWithdrawal(
        uint8 party,
        address asset,
        uint256 amount,
        address recipient,
        bytes calldata data
    ) external payable returns (bytes4);
}
