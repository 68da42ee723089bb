// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {IChannelFactory} from "../interfaces/IChannelFactory.sol";

/// @title The address of a channel, without a call
library ChannelAddress {
    function predict(
        address initiator,
        address responder,
        uint32 challengePeriod,
        address implementation,
        address factory
    ) internal pure returns (address) {
        if (initiator == address(0) || responder == address(0) || initiator == responder || challengePeriod == 0)
            revert IChannelFactory.InvalidChannel(initiator, responder, challengePeriod);
        return
            Clones.predictDeterministicAddressWithImmutableArgs(
                implementation,
                abi.encodePacked(initiator, responder, challengePeriod),
                bytes32(0),
                factory
            );
    }
}
