<?php

namespace Zigzag\Bundle\OrderReturnBundle\Sidecar;

/**
 * Thrown when the sidecar did not accept a request.
 */
class SidecarException extends \RuntimeException
{
    public function __construct(
        private readonly SidecarFailure $failure,
        string $message,
        private readonly ?int $statusCode = null,
        ?\Throwable $previous = null
    ) {
        parent::__construct($message, 0, $previous);
    }

    public function getFailure(): SidecarFailure
    {
        return $this->failure;
    }

    public function getStatusCode(): ?int
    {
        return $this->statusCode;
    }
}
