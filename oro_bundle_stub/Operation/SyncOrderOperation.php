<?php

namespace Zigzag\Bundle\OrderReturnBundle\Operation;

use Oro\Bundle\ActionBundle\Model\AbstractOperationService;
use Oro\Bundle\ActionBundle\Model\ActionData;
use Oro\Bundle\OrderBundle\Entity\Order;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarClient;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarException;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarReporter;

/**
 * Service implementation of the `zigzag_order_return_sync_order` operation: the "Sync returns" button of an order.
 * It never writes to the order, because that would recalculate its totals.
 */
class SyncOrderOperation extends AbstractOperationService
{
    public function __construct(
        private readonly SidecarClient $client,
        private readonly SidecarReporter $reporter
    ) {
    }

    #[\Override]
    public function execute(ActionData $data): void
    {
        $order = $data->getEntity();
        if (!$order instanceof Order) {
            throw new \InvalidArgumentException(sprintf(
                'Action entity is expected to be an instance of %s, got %s',
                Order::class,
                get_debug_type($order)
            ));
        }

        try {
            $returnIds = $this->client->syncOrder((string)$order->getIdentifier());
        } catch (SidecarException $e) {
            $this->reporter->reportFailure($e);

            return;
        }

        if ($returnIds) {
            $this->reporter->reportSuccess('order_sync_started', ['%returns%' => implode(', ', $returnIds)]);
        } else {
            $this->reporter->reportSuccess('order_without_returns', ['%order%' => $order->getIdentifier()], 'info');
        }
    }
}
