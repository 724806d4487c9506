<?php

namespace Zigzag\Bundle\OrderReturnBundle\Sidecar;

use Oro\Bundle\UIBundle\Tools\FlashMessageHelper;
use Psr\Log\LoggerInterface;
use Zigzag\Bundle\OrderReturnBundle\Alert\SidecarAlertManager;

/**
 * Tells people how a call of the sidecar ended: a flash message for the person who made it,
 * and a notification alert when nobody can reach the sidecar.
 */
class SidecarReporter
{
    private const MESSAGE_PREFIX = 'zigzag.orderreturn.sidecar.';

    public function __construct(
        private readonly FlashMessageHelper $flashMessageHelper,
        private readonly SidecarAlertManager $alertManager,
        private readonly LoggerInterface $logger
    ) {
    }

    /**
     * @param string $message the last part of the translation key
     */
    public function reportSuccess(string $message, array $parameters = [], string $type = 'success'): void
    {
        $this->alertManager->resolve();
        $this->flashMessageHelper->addFlashMessage($type, self::MESSAGE_PREFIX . $message, $parameters);
    }

    public function reportFailure(SidecarException $exception): void
    {
        $failure = $exception->getFailure();
        $this->logger->warning('A request to the returns sidecar failed.', [
            'failure' => $failure->value,
            'statusCode' => $exception->getStatusCode(),
            'exception' => $exception,
        ]);
        if ($failure->isConnectionFailure()) {
            $this->alertManager->raise(sprintf(
                'A request to the returns sidecar failed (%s): %s',
                str_replace('_', ' ', $failure->value),
                $exception->getMessage()
            ));
        }
        $this->flashMessageHelper->addFlashMessage(
            'error',
            self::MESSAGE_PREFIX . $failure->value,
            ['%detail%' => $exception->getMessage()]
        );
    }
}
