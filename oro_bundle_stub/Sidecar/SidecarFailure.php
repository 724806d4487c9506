<?php

namespace Zigzag\Bundle\OrderReturnBundle\Sidecar;

/**
 * The ways a call of the sidecar can fail, each asking for another action of the person who made it.
 */
enum SidecarFailure: string
{
    /** no URL or no key in the system configuration */
    case NotConfigured = 'not_configured';
    /** no answer in time, connection refused, name not found, TLS error */
    case Unreachable = 'unreachable';
    /** the key was refused */
    case KeyRefused = 'key_refused';
    /** the sidecar answered, but it cannot work now */
    case OutOfOrder = 'out_of_order';
    /** an answer that the sidecar never gives: most likely the URL leads somewhere else */
    case Unexpected = 'unexpected';

    /**
     * Whether it is a failure of the connection, which concerns everybody and not only this request.
     */
    public function isConnectionFailure(): bool
    {
        return self::NotConfigured !== $this;
    }
}
