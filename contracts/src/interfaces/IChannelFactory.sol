// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Addresses and deployment of channels
/// @notice A channel is a clone at a CREATE2 address made of its parties and its challenge period. It can receive money
/// before it exists, and is deployed only when something must be paid out.
interface IChannelFactory {
    /// @notice Two different parties and a period are needed; with a period of zero a stale state could not be answered.
    error InvalidChannel(address initiator, address responder, uint32 challengePeriod);

    event ChannelDeployed(
        address indexed channel,
        address indexed initiator,
        address indexed responder,
        uint32 challengePeriod
    );

    /// @notice The contract that every channel delegates to.
    function implementation() external view returns (address);

    /// @notice The address of a channel, deployed or not.
    function channelAddress(
        address initiator,
        address responder,
        uint32 challengePeriod
    ) external view returns (address);

    /// @notice Deploys a channel. Does nothing when it is deployed already, so it cannot be front-run.
    function deploy(address initiator, address responder, uint32 challengePeriod) external returns (address channel);

    /// @notice Deploys a channel if needed and calls it, passing on any ether. The caller seen by the channel is the factory.
    function deployAndCall(
        address initiator,
        address responder,
        uint32 challengePeriod,
        bytes calldata data
    ) external payable returns (address channel, bytes memory result);
}
