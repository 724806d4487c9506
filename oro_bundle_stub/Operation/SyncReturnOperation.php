<?php

namespace Zigzag\Bundle\OrderReturnBundle\Operation;

use Oro\Bundle\ActionBundle\Model\AbstractOperationService;
use Oro\Bundle\ActionBundle\Model\ActionData;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarClient;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarException;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarReporter;

/**
 * Service implementation of the `zigzag_order_return_sync` operation: the "Sync return" button.
 */
class SyncReturnOperation extends AbstractOperationService
{
    public function __construct(
        private readonly SidecarClient $client,
        private readonly SidecarReporter $reporter
    ) {
    }

    #[\Override]
    public function execute(ActionData $data): void
    {
        $orderReturn = $data->getEntity();
        if (!$orderReturn instanceof OrderReturn) {
            throw new \InvalidArgumentException(sprintf(
                'Action entity is expected to be an instance of %s, got %s',
                OrderReturn::class,
                get_debug_type($orderReturn)
            ));
        }

        try {
            $this->client->syncReturn($orderReturn->getExternalId());
        } catch (SidecarException $e) {
            $this->reporter->reportFailure($e);

            return;
        }

        $this->reporter->reportSuccess('return_sync_started', ['%return%' => $orderReturn->getExternalId()]);
    }
}
